// Status codes (RFC 9110 section 15) and Refusal: why a message is not accepted, as a value.
#pragma once

#include <cstdint>
#include <string_view>

namespace sundog::http {

// The codes that Sundog itself uses. Any other three-digit code is a valid value:
// static_cast<Status>(299).
enum class Status : std::uint16_t {
  continue_ = 100,
  ok = 200,
  created = 201,
  accepted = 202,
  no_content = 204,
  partial_content = 206,
  moved_permanently = 301,
  found = 302,
  see_other = 303,
  not_modified = 304,
  temporary_redirect = 307,
  permanent_redirect = 308,
  bad_request = 400,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  request_timeout = 408,
  conflict = 409,
  gone = 410,
  length_required = 411,
  precondition_failed = 412,
  content_too_large = 413,
  uri_too_long = 414,
  unsupported_media_type = 415,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  too_many_requests = 429,
  request_header_fields_too_large = 431,
  internal_server_error = 500,
  not_implemented = 501,
  bad_gateway = 502,
  service_unavailable = 503,
  http_version_not_supported = 505,
};

// The three digits.
constexpr std::uint16_t code_of(Status status) { return static_cast<std::uint16_t>(status); }

// Whether a response with this code never has content, whatever its fields say (RFC 9112
// section 6.3).
constexpr bool is_bodiless(Status status) {
  return code_of(status) < 200 || status == Status::no_content || status == Status::not_modified;
}

// The phrase of RFC 9110, or "Unknown": it is for people, programs read the code.
std::string_view reason_phrase(Status status);

// Why a message is refused: the status to answer, and one English clause for the answer's body and
// the log. The text has static storage.
struct Refusal {
  Status status;
  std::string_view why;
};

}  // namespace sundog::http
