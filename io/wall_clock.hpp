// WallClock: what people call the time (Mirage's PCLOCK). It is not for waiting: somebody may set
// it at any moment, forwards or back. Waiting uses the monotonic clock (timers/clock.hpp).
//
// An implementation MUST ensure that:
//  - now() gives the nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted (Unix time),
//    as the machine knows them at the call. It is read each time, never cached: after the date has
//    been set, the next call shows it;
//  - it is cheap enough to be asked for each request, at most one short system call or hypercall,
//    allocates nothing and does not fail. A machine that was never told the date shows what its
//    clock holds: implementations do not make up a plausible date;
//  - it goes on while nobody sets it, at the rate of the machine's oscillator: against another
//    machine's it may drift, by some hundred parts in a million.
//
// Code that compares it with a date from elsewhere (a certificate's, a client's) must allow for its
// being wrong by any amount.
#pragma once

#include <chrono>
#include <concepts>

namespace sundog {

// A date: nanoseconds since 1970-01-01 00:00 UTC, without leap seconds.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

template <class C>
concept WallClock = std::movable<C> && requires(const C& clock) {
  { clock.now() } noexcept -> std::same_as<WallTime>;
};

}  // namespace sundog
