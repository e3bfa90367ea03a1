// HostClock: what time a simulated host thinks it is.
//
// Each host's monotonic clock began at another moment, runs a little fast or slow, and shows only
// whole ticks; it never goes backwards. A program that compares the clocks of two machines is
// wrong, and this shows it.
#pragma once

#include <cstdint>

#include "sundog/io/sim/prng.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::sim {

class HostClock {
 public:
  // As true as the world's own.
  HostClock() = default;
  // Drawn: up to a day of offset, up to 200 parts per million of drift either way, ticks of 1 ns to
  // 10 ms.
  static HostClock drawn(Prng& prng) noexcept;

  // What the clock shows at this time of the world.
  TimePoint read(std::int64_t world_ns) const noexcept {
    const std::int64_t shown = offset_ns_ + world_ns + scaled(world_ns);
    return TimePoint(Duration(shown - shown % tick_ns_));
  }
  // The first time of the world at which the clock shows `time` or later; INT64_MAX for never.
  std::int64_t when(TimePoint time) const noexcept;

  // How coarse the clock is: it advances in steps of this.
  std::int64_t tick_ns() const noexcept { return tick_ns_; }

 private:
  // The drift's part of a span: computed in 128 bits, as centuries times parts per million
  // overflow 64.
  std::int64_t scaled(std::int64_t span_ns) const noexcept {
    return static_cast<std::int64_t>(static_cast<__int128>(span_ns) * drift_ppm_ / always_ppm);
  }

  std::int64_t offset_ns_ = 0;
  std::int64_t drift_ppm_ = 0;
  std::int64_t tick_ns_ = 1;
};

}  // namespace sundog::sim
