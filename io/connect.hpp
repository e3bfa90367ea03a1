// connect: a connection to a name, by whichever of its addresses answers first ("happy eyeballs",
// RFC 8305).
//
//   auto flow = co_await connect(*service.stack, *service.resolver, "example.org", 80);
//
// A machine whose IPv6 is broken reaches a name with addresses of both families as fast as one
// whose IPv6 works: the addresses are tried in the resolver's order, the families taking turns; the
// next one is tried when the one before has failed, or has not answered for a quarter of a second.
// The first connection wins, and the other attempts are cancelled.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/resolver.hpp"
#include "sundog/io/stack.hpp"
#include "sundog/runtime/condition.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog {

// RFC 8305 section 5: how long an attempt is waited for before the next one begins.
inline constexpr Duration connection_attempt_delay = std::chrono::milliseconds(250);

// RFC 8305 section 4: the families take turns, that of the first endpoint first; the order within a
// family stays.
std::vector<Endpoint> interleave_families(const std::vector<Endpoint>& endpoints);

namespace detail {

// How the attempts to connect to one name stand, whatever the type of the connection.
class ConnectionAttempts {
 public:
  explicit ConnectionAttempts(std::size_t count) noexcept : pending_(count) {}

  // One has connected, or failed.
  void connected() noexcept;
  void failed(const std::system_error& error, const Endpoint& endpoint);

  // Whether there is a connection, or all attempts have failed.
  bool over() const noexcept { return is_connected_ || pending_ == 0; }
  // Until an attempt has connected or failed; at most for `delay`.
  Task<void> wait_for_one(Duration delay);
  Task<void> wait_until_over();
  // What to throw when all have failed.
  std::system_error failure() const;

 private:
  Task<void> wait_for_news();

  std::size_t pending_;
  bool is_connected_ = false;
  Condition<> news_;
  std::error_code first_error_;
  std::string story_;  // "[::1]:80 (Connection refused), 127.0.0.1:80 (Connection timed out)"
};

template <Stack S>
Task<void> attempt(S& stack, Endpoint endpoint, ConnectionAttempts& attempts,
                   std::optional<typename S::Connection>& winner) {
  try {
    auto connection = co_await stack.connect(endpoint);
    if (!winner) winner.emplace(std::move(connection));
    attempts.connected();
  } catch (const std::system_error& error) {
    attempts.failed(error, endpoint);
  }
}

}  // namespace detail

// A connection to whichever of the endpoints answers first. Throws std::system_error: the first
// endpoint's code, and what happened to each. There must be at least one endpoint; `stack` must
// outlive the task.
template <Stack S>
Task<typename S::Connection> connect(S& stack, std::vector<Endpoint> endpoints) {
  SUNDOG_ASSERT(!endpoints.empty(), "connect() needs an endpoint: a resolver gives one at least");
  if (endpoints.size() == 1) co_return co_await stack.connect(endpoints.front());
  endpoints = interleave_families(endpoints);
  detail::ConnectionAttempts attempts(endpoints.size());
  std::optional<typename S::Connection> winner;
  const auto try_all = [&](Scope& tasks) -> Task<void> {
    for (const Endpoint& endpoint : endpoints) {
      tasks.spawn(detail::attempt(stack, endpoint, attempts, winner));
      co_await attempts.wait_for_one(connection_attempt_delay);
      if (attempts.over()) break;
    }
    co_await attempts.wait_until_over();
    tasks.cancel_tasks();
  };
  co_await scope(try_all);
  if (!winner) throw attempts.failure();
  co_return std::move(*winner);
}

// The same by name, which may also be an address in numbers. Throws as the resolver does too. Stack
// and resolver must outlive the task.
template <Stack S, Resolver R>
Task<typename S::Connection> connect(S& stack, R& resolver, std::string name, std::uint16_t port) {
  std::vector<Endpoint> endpoints = co_await resolve(resolver, std::move(name), port);
  co_return co_await connect(stack, std::move(endpoints));
}

}  // namespace sundog
