// ServerOptions: what a service may choose about its HTTP server. The defaults are those of
// limits.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "sundog/io/http/head_limits.hpp"
#include "sundog/io/http/limits.hpp"
#include "sundog/io/http/request_observer.hpp"

namespace sundog::http {

// How many connections, how much and how long: limits.hpp says what each means.
struct ServerOptions {
  ServerOptions() = default;  // not an aggregate: it travels through coroutines by value

  // Beyond these the server pushes back: clients lose idle connections, wait, or get 413.
  std::size_t connection_count_max = http::connection_count_max;
  // Of one address; a further one is closed at once. 0: as many as of all together. Where a flow
  // does not tell its peer's address there is no such limit.
  std::size_t connections_per_client_max = 0;
  std::uint64_t request_body_bytes_max = http::request_body_bytes_max;

  // Of requests: beyond it 414 and 431.
  HeadLimits head_limits;

  // A peer that is silent, slow or in the way for longer loses its connection.
  std::chrono::nanoseconds idle_timeout = http::idle_timeout;
  std::chrono::nanoseconds header_timeout = http::header_timeout;
  std::chrono::nanoseconds transfer_grace = http::transfer_grace;
  std::uint64_t transfer_bytes_per_second_min = http::transfer_bytes_per_second_min;
  std::chrono::nanoseconds lingering_timeout = http::lingering_timeout;
  std::chrono::nanoseconds stop_timeout = http::stop_timeout;
  std::chrono::nanoseconds stop_grace = http::stop_grace;

  // Told of every request; they outlive the server.
  std::vector<RequestObserver*> observers;

  // Seconds since 1970 of the wall clock, for the Date field. A machine without one leaves it empty
  // and sends no Date, as RFC 9110 section 6.6.1 wants.
  std::function<std::int64_t()> wall_clock_s;
};

}  // namespace sundog::http
