#include "sundog/io/http/fetch.hpp"

#include <algorithm>
#include <array>

#include "sundog/io/http/request_head.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::http::detail {

namespace {

// What was meant for one origin, and would tell another who asks, or whom it should play.
void drop_fields_for_one_origin(FetchOptions& options) {
  std::erase_if(options.fields, [](const auto& field) {
    constexpr std::array<std::string_view, 5> names = {"Host", "Authorization",
                                                       "Proxy-Authorization", "Cookie", "Cookie2"};
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
      return equals_ignoring_case(field.first, name);
    });
  });
}

bool is_written_by_the_client(std::string_view name) {
  constexpr std::array<std::string_view, 9> names = {
      "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "TE",
      "Trailer",        "Upgrade",           "Expect"};
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view own) { return equals_ignoring_case(name, own); });
}

}  // namespace

void check_fields(const FetchOptions& options) {
  const auto refuse = [](const std::string& why) {
    throw std::system_error(std::make_error_code(std::errc::invalid_argument), why);
  };
  std::size_t hosts = 0;
  for (const auto& [name, value] : options.fields) {
    if (is_written_by_the_client(name)) {
      SUNDOG_PROBE("a caller gave a field that the client writes");
      refuse("fetch() itself decides on " + name + ": take it out of FetchOptions::fields");
    }
    if (!equals_ignoring_case(name, "Host")) continue;
    if (++hosts > 1 || !is_authority(value)) {
      SUNDOG_PROBE("a caller gave a Host that is none");
      refuse("Host must be given once, as a host with or without a port: " + value);
    }
  }
}

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
  if (next.host != url.host || next.port != url.port) drop_fields_for_one_origin(options);
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
