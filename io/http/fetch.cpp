#include "sundog/io/http/fetch.hpp"

#include "sundog/runtime/language/probe.hpp"

namespace sundog::http::detail {

bool follow_redirect(const Response& response, Url& url, FetchOptions& options) {
  bool to_get = false;
  switch (response.status) {
    // RFC 9110 sections 15.4.2 and 15.4.3 allow to keep POST; no client does.
    case Status::moved_permanently:
    case Status::found:
      to_get = options.method == Method::post;
      break;
    case Status::see_other:
      to_get = options.method != Method::head;
      break;
    case Status::temporary_redirect:
    case Status::permanent_redirect:
      break;
    default:
      return false;
  }
  const std::string_view location = response.field("Location");
  if (location.empty()) return false;
  Url next;
  if (const auto error = resolve_url(url, location, next)) {
    SUNDOG_PROBE("a redirect led to nowhere");
    fail(FetchError::unsupported_url,
         "redirected, but " + std::string(error->why) + ": " + std::string(location));
  }
  if (next.host != url.host || next.port != url.port) {
    std::erase_if(options.fields, [](const auto& field) {
      return equals_ignoring_case(field.first, "Authorization") ||
             equals_ignoring_case(field.first, "Cookie");
    });
  }
  if (to_get) {
    options.method = Method::get;
    options.content.clear();
    std::erase_if(options.fields, [](const auto& field) {
      return equals_ignoring_case(field.first, "Content-Type");
    });
  }
  url = std::move(next);
  return true;
}

}  // namespace sundog::http::detail
