// The source that HTTP logs under: --log=http:debug shows every request.
#pragma once

#include "sundog/runtime/text/log.hpp"

namespace sundog::http {

// Set its level with --log=http=debug.
inline log::Source http_log("http");

}  // namespace sundog::http
