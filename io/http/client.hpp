// Client: fetches over connections that are kept and used again.
//
//   http::Client client(connect);
//   const http::Response first = co_await client.fetch("http://example.org/a");
//   const http::Response second = co_await client.fetch("http://example.org/b");   // the same one
//
// As fetch() does it (fetch.hpp), with these differences. A connection whose response has come to
// its end is kept for the next request to the same host and port, for a while. A server may close
// it at any moment; a request that is lost so, before a byte of the response has come, is sent
// again on a new connection. Only requests that may be repeated are sent on a kept connection (RFC
// 9110 section 9.2.2: not POST and PATCH, and none with FetchOptions::send), so that none is ever
// done twice by the client's own doing. To one host and port there are never more than
// connections_per_host_max connections: further requests wait for their turn, which counts as part
// of their timeout.
//
//   taken or new ──request──▶ response at its end, may be kept ──▶ idle ──▶ taken
//                    │                                              └─ too old, too many ──▶ closed
//                    └─ failed, or must not be kept ──▶ closed
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sundog/io/http/client_exchange.hpp"
#include "sundog/io/http/fetch_options.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/semaphore.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::http {

// How many connections a Client has, and how long it keeps them.
struct ClientOptions {
  ClientOptions() = default;  // not an aggregate: it travels through coroutines by value

  // At once, to one host and port.
  std::size_t connections_per_host_max = 6;
  // Kept without a request, to all hosts together; beyond it the longest idle ones are closed.
  std::size_t idle_connections_max = 32;
  // One that was idle for longer is not used again. Servers close theirs after a minute or so.
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(30);
};

// Whether a request may be sent twice (RFC 9110 section 9.2.2).
bool may_be_repeated(const FetchOptions& options);

// For tasks of one loop, any number at once. It must outlive their fetches.
template <class Connect>
class Client {
 public:
  // `connect` as for fetch().
  explicit Client(Connect connect, ClientOptions options = {})
      : connect_(std::move(connect)), options_(options) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // As http::fetch(), and it throws as that does.
  Task<Response> fetch(std::string url, FetchOptions options = {}) {
    Url parsed = detail::parse_fetch_url(url);
    const auto limit = options.timeout;
    co_return co_await timeout(fetch_with_redirects(std::move(parsed), std::move(options)), limit);
  }

  // Connections that are kept; those that were closed by the server or are too old are among them
  // until somebody would use them.
  std::size_t idle_count() const noexcept { return idle_.size(); }
  // Closes them.
  void close_idle() noexcept { idle_.clear(); }

 private:
  using F = await_result_t<decltype(std::declval<Connect&>()(std::declval<std::string>(),
                                                             std::uint16_t{}))>;
  using Place = std::pair<std::string, std::uint16_t>;
  using Connection = std::unique_ptr<Transport<F>>;

  struct Idle {
    Place place;
    Connection connection;
    TimePoint since;
  };

  // The requests to one host and port, as long as there are some.
  struct Host {
    explicit Host(std::size_t count) : turns(count) {}
    Semaphore turns;
    std::size_t request_count = 0;
  };
  class Visit {
   public:
    Visit(Client& client, const Place& place)
        : client_(client),
          place_(client.hosts_.try_emplace(place, client.options_.connections_per_host_max).first) {
      ++place_->second.request_count;
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() {
      if (--place_->second.request_count == 0) client_.hosts_.erase(place_);
    }
    Semaphore& turns() const { return place_->second.turns; }

   private:
    Client& client_;
    typename std::map<Place, Host>::iterator place_;
  };

  Task<Response> fetch_with_redirects(Url url, FetchOptions options) {
    const auto ask = [this](const Url& to, const FetchOptions& chosen) {
      return ask_one(to, chosen);
    };
    co_return co_await detail::follow_redirects(ask, std::move(url), std::move(options));
  }

  Task<Response> ask_one(const Url& url, const FetchOptions& options) {
    const Place place(url.host, url.port);
    const Visit visit(*this, place);
    const Semaphore::Permit turn = co_await visit.turns().acquire();
    if (may_be_repeated(options)) {
      Connection kept = take(place, options);
      if (kept != nullptr) {
        auto response = co_await ask_kept(std::move(kept), place, url, options);
        if (response) co_return std::move(*response);
      }
    }
    auto flow = co_await connect_(url.host, url.port);
    auto connection = std::make_unique<Transport<F>>(std::move(flow),
                                                     options.response_head_limits.buffer_bytes());
    co_return co_await ask_on(std::move(connection), place, url, options);
  }

  // Empty: the connection had been closed before the request was seen.
  Task<std::optional<Response>> ask_kept(Connection connection, const Place& place, const Url& url,
                                         const FetchOptions& options) {
    detail::ClientExchange exchange(*connection, url, options, false);
    try {
      Response response = co_await exchange.run();
      if (exchange.reusable()) keep(place, std::move(connection));
      co_return response;
    } catch (const std::system_error&) {
      if (exchange.answered()) throw;
      SUNDOG_PROBE("a kept connection had been closed by the server");
    }
    co_return std::nullopt;
  }

  Task<Response> ask_on(Connection connection, const Place& place, const Url& url,
                        const FetchOptions& options) {
    detail::ClientExchange exchange(*connection, url, options, false);
    Response response = co_await exchange.run();
    if (exchange.reusable()) keep(place, std::move(connection));
    co_return response;
  }

  // The one that was used last, for it has the best chance of being open still; null: there is
  // none.
  Connection take(const Place& place, const FetchOptions& options) {
    const TimePoint time = now();
    std::erase_if(idle_,
                  [&](const Idle& idle) { return time - idle.since > options_.idle_timeout; });
    for (std::size_t i = idle_.size(); i-- > 0;) {
      const bool fits =
          idle_[i].connection->buffer().size() >= options.response_head_limits.buffer_bytes();
      if (idle_[i].place != place || !fits) continue;
      Connection connection = std::move(idle_[i].connection);
      idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
      return connection;
    }
    return nullptr;
  }

  void keep(const Place& place, Connection connection) {
    if (options_.idle_connections_max == 0) return;
    if (idle_.size() == options_.idle_connections_max) idle_.erase(idle_.begin());
    connection->buffer().give_back();
    idle_.push_back(Idle{place, std::move(connection), now()});
  }

  Connect connect_;
  ClientOptions options_;
  std::vector<Idle> idle_;  // the longest idle first
  std::map<Place, Host> hosts_;
};

}  // namespace sundog::http
