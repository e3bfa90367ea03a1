// Media types by file name, for what a site is made of. Text is UTF-8 here, and says so.
#pragma once

#include <string_view>

namespace sundog::http {

// By the name's extension, in any case: "a/B.HTML" gives "text/html; charset=utf-8". Unknown:
// "application/octet-stream".
std::string_view mime_type(std::string_view path);

}  // namespace sundog::http
