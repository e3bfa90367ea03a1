#include "sundog/io/http/fetch.hpp"

#include <algorithm>
#include <array>

#include "sundog/io/http/client.hpp"
#include "sundog/io/http/head_writer.hpp"
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

std::string write_request(const Url& url, const FetchOptions& options, bool last) {
  std::size_t bytes_max = url.target.size() + url.host.size() + 512;  // and what is written here
  for (const auto& field : options.fields)
    bytes_max += field.first.size() + field.second.size() + 4;
  std::string space(bytes_max, '\0');
  HeadWriter head(space);
  head.request_line(name_of(options.method), url.target);
  const bool own_host =
      std::any_of(options.fields.begin(), options.fields.end(),
                  [](const auto& field) { return equals_ignoring_case(field.first, "Host"); });
  if (!own_host) head.field("Host", url.authority());
  for (const auto& field : options.fields) head.field(field.first, field.second);
  if (options.send && !options.send_length) {
    head.field("Transfer-Encoding", "chunked");
  } else if (options.send) {
    head.field("Content-Length", *options.send_length);
  } else if (!options.content.empty() || expects_content(options.method)) {
    head.field("Content-Length", options.content.size());
  }
  if (last) head.field("Connection", "close");
  head.finish();
  space.resize(head.size());
  return space;
}

Url parse_fetch_url(const std::string& url) {
  Url parsed;
  if (const auto error = parse_url(url, parsed)) {
    fail(FetchError::unsupported_url, std::string(error->why) + ": " + url);
  }
  return parsed;
}

namespace {

// Whether to follow it, and as a GET.
enum class Redirect { none, same, to_get };

Redirect redirect_of(const Response& response, Method method) {
  switch (response.status) {
    // RFC 9110 sections 15.4.2 and 15.4.3 allow to keep POST; no client does.
    case Status::moved_permanently:
    case Status::found:
      return method == Method::post ? Redirect::to_get : Redirect::same;
    case Status::see_other:
      return method != Method::head ? Redirect::to_get : Redirect::same;
    case Status::temporary_redirect:
    case Status::permanent_redirect:
      return Redirect::same;
    default:
      return Redirect::none;
  }
}

}  // namespace

bool is_redirect(const Response& response) {
  return redirect_of(response, Method::get) != Redirect::none &&
         !response.field("Location").empty();
}

bool follow_redirect(const Response& response, Url& url, FetchOptions& options) {
  if (!is_redirect(response)) return false;
  const bool to_get = redirect_of(response, options.method) == Redirect::to_get;
  if (options.send && !to_get) {
    SUNDOG_PROBE("a redirect would have needed content a second time");
    return false;
  }
  const std::string_view location = response.field("Location");
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
    options.send = nullptr;
    options.send_length.reset();
    std::erase_if(options.fields, [](const auto& field) {
      return equals_ignoring_case(field.first, "Content-Type");
    });
  }
  url = std::move(next);
  return true;
}

}  // namespace sundog::http::detail

namespace sundog::http {

bool may_be_repeated(const FetchOptions& options) {
  const bool is_safe_twice = options.method != Method::post && options.method != Method::patch &&
                             options.method != Method::other;
  return is_safe_twice && !options.send;
}

}  // namespace sundog::http
