// The conformance cases for requests, by the section of RFC 9112 (9112/...) or RFC 9110 (9110/...)
// that they come from: what is received, and the status that the parser must decide on; Status::ok
// means that the request is accepted.
#pragma once

#include <span>
#include <string>

#include "sundog/io/http/status.hpp"

namespace sundog::http {

struct RequestCase {
  const char* section;
  const char* sentence;
  std::string bytes;
  Status expected;
};

std::span<const RequestCase> request_cases();

}  // namespace sundog::http
