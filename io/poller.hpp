// Poller: what a platform must be able to do so that the main loop can run on it.
//
// An implementation MUST ensure that:
//  - now() reads a monotonic clock in nanoseconds; it never goes backwards.
//  - wait(deadline) submits what was begun, then returns as soon as at least one operation has
//    ended, an event has come in, or the deadline has passed, whichever is first; a deadline that
//    has passed already, however long ago, makes it look once without blocking, and `never` is no
//    deadline at all. It never returns for an error, and no
//    event that came before or while it decided to block is lost.
//  - before wait() returns it has woken (Wait::wake) or unwound (Wait::unwind) the waits whose
//    operations have ended. It never resumes a coroutine itself.
//  - it may return early for no reason; the loop looks again.
//  - waiting() tells whether anything could end a wait without a deadline: while it says no and
//    nothing sleeps, no task can ever run again, and the loop reports a deadlock instead of
//    hanging;
//  - timers_apart is the least time between the loop's wake-ups for timers alone
//    (timers/timers.hpp): zero where waking up costs nothing.
//
// What else a platform offers (sockets, files, event channels ...) it offers through classes of its
// own, whose waits begin and end in the poller.
#pragma once

#include <chrono>
#include <concepts>

#include "sundog/timers/clock.hpp"

namespace sundog {

// Where it costs some microseconds, as on every machine but the simulated one.
inline constexpr Duration timers_apart_usual = std::chrono::microseconds(50);

template <class P>
concept Poller = requires(P& poller, const P& constant, TimePoint deadline) {
  { constant.now() } noexcept -> std::same_as<TimePoint>;
  { poller.wait(deadline) } -> std::same_as<void>;
  { constant.waiting() } noexcept -> std::same_as<bool>;
  { P::timers_apart } -> std::convertible_to<Duration>;
};

}  // namespace sundog
