// fetch: asks a server for a URL and gives the whole response.
//
//   const auto connect = [&](std::string host, std::uint16_t port) { return dial(host, port); };
//   const http::Response response = co_await http::fetch(connect, "http://example.org/");
//   if (response.status == http::Status::ok) use(response.content);
//
// GET, HEAD, POST or any other method. Follows redirects (RFC 9110 section 15.4), skips interim
// responses, decodes chunked content; one connection for each request. The response is watched for
// while the request is being sent (RFC 9112 section 9.5): a server may refuse content before it has
// all of it. http only: there is no TLS here.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/http/body_reader.hpp"
#include "sundog/io/http/error.hpp"
#include "sundog/io/http/head_scanner.hpp"
#include "sundog/io/http/head_writer.hpp"
#include "sundog/io/http/limits.hpp"
#include "sundog/io/http/method.hpp"
#include "sundog/io/http/response_head.hpp"
#include "sundog/io/http/transport.hpp"
#include "sundog/io/http/url.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scope.hpp"

namespace sundog::http {

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

  std::chrono::nanoseconds timeout = fetch_timeout;  // for all of it
  std::size_t redirect_count_max = http::redirect_count_max;
  std::uint64_t response_body_bytes_max = http::response_body_bytes_max;
  HeadLimits response_head_limits = http::response_head_limits;
};

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

namespace detail {

[[noreturn]] inline void fail(FetchError error, std::string_view why) {
  throw std::system_error(error, std::string(why));
}

// Throws std::system_error with invalid_argument for fields that would make the request ambiguous.
void check_fields(const FetchOptions& options);

// The request's head, all of it written by the client.
inline std::string write_request(const Url& url, const FetchOptions& options) {
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
  if (!options.content.empty() || expects_content(options.method)) {
    head.field("Content-Length", options.content.size());
  }
  head.field("Connection", "close");
  head.finish();
  space.resize(head.size());
  return space;
}

// Receives heads until a final one, and copies it into `response`.
template <Flow F>
Task<Framing> receive_response_head(Transport<F>& transport, const HeadLimits& limits, bool to_head,
                                    Response& response) {
  ReceiveBuffer& buffer = transport.buffer();
  for (std::size_t interim = 0; interim <= interim_response_count_max; ++interim) {
    HeadScanner scanner(limits);
    while (scanner.scan(buffer.received()) != HeadScanner::State::complete) {
      if (scanner.refused()) {
        SUNDOG_PROBE("a response's head was malformed");
        fail(FetchError::malformed_response, scanner.refusal().why);
      }
      const bool more = co_await transport.receive();
      if (!more) fail(FetchError::response_cut_short, SUNDOG_PROBED("no response"));
    }
    std::string text(scanner.head(buffer.received()));
    ResponseHead head;
    const auto refusal = parse_response_head(text, to_head, head);
    if (refusal) fail(FetchError::malformed_response, refusal->why);
    if (code_of(head.status) == 101)
      fail(FetchError::malformed_response, SUNDOG_PROBED("an upgrade that nobody asked for"));
    if (code_of(head.status) >= 200) {
      response.status = head.status;
      response.reason = head.reason;
      response.fields.clear();
      for (const Field& field : head.fields.all())
        response.fields.emplace_back(field.name, field.value);
      buffer.use(scanner.consumed());
      co_return head.framing;
    }
    buffer.use(scanner.consumed());
  }
  fail(FetchError::malformed_response, SUNDOG_PROBED("too many interim responses"));
}

template <Flow F>
Task<void> receive_content(Transport<F>& transport, Framing framing, std::uint64_t bytes_max,
                           std::string& content) {
  BodyReader<F> body(transport, framing, bytes_max, ChunkedDecoder::Blanks::skipped);
  if (body.longer_than(bytes_max))
    fail(FetchError::response_too_large, SUNDOG_PROBED("its Content-Length says so"));
  std::array<std::byte, 4096> part;
  try {
    while (!body.done()) {
      const std::size_t count = co_await body.read(part);
      content.append(reinterpret_cast<const char*>(part.data()), count);
    }
  } catch (const Refused& refused) {
    if (refused.refusal().status == Status::content_too_large) {
      fail(FetchError::response_too_large, SUNDOG_PROBED("more content came than allowed"));
    }
    SUNDOG_PROBE("a response's content was malformed or cut short");
    fail(
        transport.peer_finished() ? FetchError::response_cut_short : FetchError::malformed_response,
        refused.refusal().why);
  }
}

// Sends a request. What goes wrong is kept for later: the peer may have answered all the same.
template <Flow F>
Task<void> send_request(Transport<F>& transport, const std::string& head,
                        const std::string& content, std::exception_ptr& failure) {
  const std::array<Bytes, 2> parts = {as_bytes(head), as_bytes(content)};
  const auto used = std::span(parts).first(content.empty() ? 1 : 2);
  try {
    co_await transport.write(used);
  } catch (const std::system_error&) {
    SUNDOG_PROBE("a request could not be sent to its end");
    failure = std::current_exception();
  }
}

// One request and its response, on a connection of its own. Both are under way at the same time.
template <Flow F>
Task<Response> exchange(F flow, Url url, FetchOptions options) {
  check_fields(options);
  Transport<F> transport(std::move(flow), options.response_head_limits.buffer_bytes());
  const std::string head = write_request(url, options);
  Response response;
  response.url = std::move(url);
  std::exception_ptr not_sent;
  const auto both = [&](Scope& sending) -> Task<void> {
    sending.spawn(send_request(transport, head, options.content, not_sent));
    const bool to_head = options.method == Method::head;
    const Framing framing =
        co_await receive_response_head(transport, options.response_head_limits, to_head, response);
    // Nobody wants the rest. After a success the server may still be reading while it answers.
    if (code_of(response.status) >= 300) sending.cancel_tasks();
    co_await receive_content(transport, framing, options.response_body_bytes_max, response.content);
    sending.cancel_tasks();
  };
  std::exception_ptr failure;
  try {
    co_await scope(both);
  } catch (const std::system_error&) {
    failure = std::current_exception();
  }
  // That the request could not be sent is why there is no response.
  if (failure != nullptr) std::rethrow_exception(not_sent != nullptr ? not_sent : failure);
  co_return response;
}

// Changes `url` and `options` to what a redirect asks for. False: the response is none.
bool follow_redirect(const Response& response, Url& url, FetchOptions& options);

template <class Connect>
Task<Response> fetch_with_redirects(Connect connect, Url url, FetchOptions options) {
  for (std::size_t redirects = 0;; ++redirects) {
    auto flow = co_await connect(url.host, url.port);
    Response response = co_await exchange(std::move(flow), url, options);
    if (!follow_redirect(response, url, options)) co_return response;
    if (redirects == options.redirect_count_max) {
      SUNDOG_PROBE("too many redirects");
      fail(FetchError::too_many_redirects, url.authority());
    }
  }
}

}  // namespace detail

// Fetches `url`. `connect(host, port)` gives an awaitable of a Flow; the host is a std::string, a
// name or an address, an IPv6 address without brackets. Throws std::system_error: a FetchError;
// timed_out; invalid_argument for fields that cannot be sent; and what connecting and the flow
// throw. A status of 400 and above is a response, not an error.
template <class Connect>
Task<Response> fetch(Connect connect, std::string url, FetchOptions options = {}) {
  Url parsed;
  if (const auto error = parse_url(url, parsed)) {
    detail::fail(FetchError::unsupported_url, std::string(error->why) + ": " + url);
  }
  const auto limit = options.timeout;
  co_return co_await timeout(
      detail::fetch_with_redirects(std::move(connect), std::move(parsed), std::move(options)),
      limit);
}

}  // namespace sundog::http
