// Time, as the timers see it: nanoseconds of the platform's monotonic clock.
//
// There is one notion of time for waiting, and it never goes backwards nor jumps when somebody sets
// the date. Its zero is the platform's (boot, on Unix and Xen). Each poller says what time it is;
// in the simulator it says so truthfully too.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace sundog {

using Duration = std::chrono::nanoseconds;

// Names the monotonic clock in types; it is read through Timers::now() (timers.hpp).
struct Monotonic {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Monotonic>;
  static constexpr bool is_steady = true;
};
using TimePoint = Monotonic::time_point;

// Later than every deadline: a wait until then is a wait for ever (292 years after the clock's
// zero).
inline constexpr TimePoint never = TimePoint::max();

// `start` + `delay` that does not overflow: what is too far away becomes `never`, a negative delay
// counts as zero.
constexpr TimePoint deadline_after(TimePoint start, Duration delay) noexcept {
  if (delay <= Duration::zero()) return start;
  if (delay > never - start) return never;
  return start + delay;
}

// Any duration in nanoseconds, clamped instead of overflowing: hours::max() is a very long time,
// not a negative one. Fractions of a nanosecond are rounded up, so that a sleep is never shorter
// than asked for.
template <class Rep, class Period>
constexpr Duration saturate(std::chrono::duration<Rep, Period> duration) noexcept {
  using Wide = std::chrono::duration<long double, std::nano>;
  const auto wide = std::chrono::duration_cast<Wide>(duration).count();
  if (!(wide < static_cast<long double>(Duration::max().count()))) return Duration::max();
  if (wide <= 0) return Duration::zero();
  return std::chrono::ceil<Duration>(duration);
}
constexpr Duration saturate(Duration duration) noexcept { return duration; }

}  // namespace sundog
