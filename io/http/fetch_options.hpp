// What a client asks for, and what it is answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/flow.hpp"
#include "sundog/io/http/head_limits.hpp"
#include "sundog/io/http/limits.hpp"
#include "sundog/io/http/method.hpp"
#include "sundog/io/http/status.hpp"
#include "sundog/io/http/text.hpp"
#include "sundog/io/http/url.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::http {

// A whole answer, the last one after redirects. It owns all that it holds.
struct Response {
  Response() = default;

  // The first field of that name, whatever its case, or empty.
  std::string_view field(std::string_view name) const {
    for (const auto& field : fields) {
      if (equals_ignoring_case(field.first, name)) return field.second;
    }
    return {};
  }

  // 200 to 599 as the server gave it: an error status is no exception.
  Status status = Status::ok;
  std::string reason;  // for people, as the server said it
  std::vector<std::pair<std::string, std::string>> fields;
  std::string content;
  Url url;  // where it came from, after redirects
};

// What a request holds, and how long its answer may take.
struct FetchOptions {
  FetchOptions() = default;  // not an aggregate: it travels through coroutines by value

  // A redirect may make it GET (RFC 9110 section 15.4).
  Method method = Method::get;
  // Fields of the request. A "Host" here replaces the one from the URL. Fields that say where the
  // message ends or what becomes of the connection (Content-Length, Transfer-Encoding, Connection,
  // ...) are fetch()'s own and refused. "Host", "Authorization", "Proxy-Authorization" and "Cookie"
  // do not follow a redirect to another host or port.
  std::vector<std::pair<std::string, std::string>> fields;
  std::string content;
  // Gives content while it is sent, instead of `content`: 1 to the buffer's size of bytes, or 0 at
  // the end; in chunks, unless send_length says how much it is. Such a request is sent once: it
  // follows no redirect that would take the content along.
  std::function<Task<std::size_t>(MutableBytes)> send;
  std::optional<std::uint64_t> send_length;

  // Takes the content of the response that counts, piece by piece, instead of Response::content:
  // the peer is read no faster than this goes on. The response is whole but for its content. What
  // it throws ends the fetch.
  std::function<Task<void>(const Response&, Bytes)> receive;
  // Told after each piece how many bytes have come, and of how many, where that is known.
  std::function<void(std::uint64_t, std::optional<std::uint64_t>)> progress;

  std::chrono::nanoseconds timeout = fetch_timeout;  // for all of it
  std::size_t redirect_count_max = http::redirect_count_max;
  // Of content that is gathered in memory: what `receive` takes has no limit.
  std::uint64_t response_body_bytes_max = http::response_body_bytes_max;
  HeadLimits response_head_limits = http::response_head_limits;
};

}  // namespace sundog::http
