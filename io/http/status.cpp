#include "sundog/io/http/status.hpp"

namespace sundog::http {
namespace {

struct Phrase {
  Status status;
  std::string_view text;
};

constexpr Phrase phrases[] = {
    {Status::continue_, "Continue"},
    {Status::ok, "OK"},
    {Status::created, "Created"},
    {Status::accepted, "Accepted"},
    {Status::no_content, "No Content"},
    {Status::partial_content, "Partial Content"},
    {Status::moved_permanently, "Moved Permanently"},
    {Status::found, "Found"},
    {Status::see_other, "See Other"},
    {Status::not_modified, "Not Modified"},
    {Status::temporary_redirect, "Temporary Redirect"},
    {Status::permanent_redirect, "Permanent Redirect"},
    {Status::bad_request, "Bad Request"},
    {Status::forbidden, "Forbidden"},
    {Status::not_found, "Not Found"},
    {Status::method_not_allowed, "Method Not Allowed"},
    {Status::request_timeout, "Request Timeout"},
    {Status::conflict, "Conflict"},
    {Status::gone, "Gone"},
    {Status::length_required, "Length Required"},
    {Status::precondition_failed, "Precondition Failed"},
    {Status::content_too_large, "Content Too Large"},
    {Status::uri_too_long, "URI Too Long"},
    {Status::unsupported_media_type, "Unsupported Media Type"},
    {Status::range_not_satisfiable, "Range Not Satisfiable"},
    {Status::expectation_failed, "Expectation Failed"},
    {Status::too_many_requests, "Too Many Requests"},
    {Status::request_header_fields_too_large, "Request Header Fields Too Large"},
    {Status::internal_server_error, "Internal Server Error"},
    {Status::not_implemented, "Not Implemented"},
    {Status::bad_gateway, "Bad Gateway"},
    {Status::service_unavailable, "Service Unavailable"},
    {Status::http_version_not_supported, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view reason_phrase(Status status) {
  for (const Phrase& phrase : phrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Unknown";
}

}  // namespace sundog::http
