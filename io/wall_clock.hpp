// WallClock: what people call the time (Mirage's PCLOCK). Waiting is never done by it: somebody may
// set it at any moment, in both directions. For waiting there is the monotonic clock
// (timers/clock.hpp).
//
// An implementation MUST ensure that now() gives the nanoseconds since 1970-01-01T00:00:00Z, leap
// seconds not counted, as the machine knows them at the call: it is read anew each time, never
// cached.
#pragma once

#include <chrono>
#include <concepts>

namespace sundog {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

template <class C>
concept WallClock = requires(const C& clock) {
  { clock.now() } noexcept -> std::same_as<WallTime>;
};

}  // namespace sundog
