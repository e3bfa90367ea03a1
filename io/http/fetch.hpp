// fetch: asks a server for a URL and gives the whole response.
//
//   const auto connect = [&](std::string host, std::uint16_t port) { return dial(host, port); };
//   const http::Response response = co_await http::fetch(connect, "http://example.org/");
//   if (response.status == http::Status::ok) use(response.content);
//
// GET, HEAD, POST or any other method. Follows redirects (RFC 9110 section 15.4), skips interim
// responses, decodes chunked content; one connection for each request (client.hpp keeps them). The
// response is watched for while the request is being sent (RFC 9112 section 9.5): a server may
// refuse content before it has all of it. Contents of any size go through in pieces in both
// directions where the options say so (fetch_options.hpp). http only: there is no TLS here.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "sundog/io/http/client_exchange.hpp"
#include "sundog/io/http/fetch_options.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::http {

namespace detail {

template <class Connect>
Task<Response> fetch_with_redirects(Connect connect, Url url, FetchOptions options) {
  const auto ask = [&connect](const Url& to, const FetchOptions& chosen) -> Task<Response> {
    auto flow = co_await connect(to.host, to.port);
    Transport transport(std::move(flow), chosen.response_head_limits.buffer_bytes());
    ClientExchange exchange(transport, to, chosen, true);
    co_return co_await exchange.run();
  };
  co_return co_await follow_redirects(ask, std::move(url), std::move(options));
}

}  // namespace detail

// Fetches `url`. `connect(host, port)` gives an awaitable of a Flow; the host is a std::string, a
// name or an address, an IPv6 address without brackets. Throws std::system_error: a FetchError;
// timed_out; invalid_argument for fields that cannot be sent; and what connecting and the flow
// throw. A status of 400 and above is a response, not an error.
template <class Connect>
Task<Response> fetch(Connect connect, std::string url, FetchOptions options = {}) {
  Url parsed = detail::parse_fetch_url(url);
  const auto limit = options.timeout;
  co_return co_await timeout(
      detail::fetch_with_redirects(std::move(connect), std::move(parsed), std::move(options)),
      limit);
}

}  // namespace sundog::http
