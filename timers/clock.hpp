// Time, as the timers see it: nanoseconds of the platform's monotonic clock.
//
// There is one notion of time for waiting, and it never goes backwards nor jumps when somebody sets
// the date. Its zero is the platform's (boot, on Unix and Xen). Each poller says what time it is;
// in the simulator it says so truthfully too.
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>
#include <type_traits>

namespace sundog {

// Times and periods, in nanoseconds: 292 years either way.
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
  if (start > TimePoint() && delay > never - start) return never;
  return start + delay;
}

// How long it is from `now` until `deadline`: zero once that has passed, and Duration::max() for
// what is further away than a Duration can say.
constexpr Duration time_until(TimePoint deadline, TimePoint now) noexcept {
  if (deadline <= now) return Duration::zero();
  if (now < TimePoint() && deadline > never + now.time_since_epoch()) return Duration::max();
  return deadline - now;
}

// Any duration in nanoseconds, clamped instead of overflowing: hours::max() is a very long time,
// not a negative one, and what is negative counts as zero. Fractions of a nanosecond are rounded
// up, so that a sleep is never shorter than asked for. What is not a number lasts for ever.
template <class Rep, class Period>
constexpr Duration saturate(std::chrono::duration<Rep, Period> duration) noexcept {
  if (duration <= duration.zero()) return Duration::zero();
  if constexpr (std::is_floating_point_v<Rep>) {
    using Wide = std::chrono::duration<long double, std::nano>;
    const Wide wide = duration;
    if (!(wide.count() < static_cast<long double>(Duration::max().count()))) {
      return Duration::max();
    }
    const Duration whole(static_cast<Duration::rep>(wide.count()));
    return whole < wide ? whole + Duration(1) : whole;
  } else {
    // In 128 bits: 64 for the count and less than 64 for the ratio.
    using Ratio = std::ratio_divide<Period, std::nano>;
    const __int128 scaled = static_cast<__int128>(duration.count()) * Ratio::num;
    const __int128 whole = scaled / Ratio::den + (scaled % Ratio::den != 0 ? 1 : 0);
    if (whole > Duration::max().count()) return Duration::max();
    return Duration(static_cast<Duration::rep>(whole));
  }
}
constexpr Duration saturate(Duration duration) noexcept { return duration; }

}  // namespace sundog
