#include "sundog/io/sim/clock.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace sundog::sim {

using namespace std::chrono_literals;

HostClock HostClock::drawn(Prng& prng) noexcept {
  constexpr std::int64_t drift_ppm_max = 200;
  HostClock clock;
  clock.offset_ns_ = prng.between(0ns, 24h).count();
  if (prng.chance(always_ppm / 2)) {
    clock.drift_ppm_ = static_cast<std::int64_t>(prng.below(2 * drift_ppm_max + 1)) - drift_ppm_max;
  }
  constexpr std::int64_t ticks_ns[] = {1, 1, 1'000, 1'000'000, 4'000'000, 10'000'000};
  clock.tick_ns_ = ticks_ns[prng.below(std::size(ticks_ns))];
  return clock;
}

std::int64_t HostClock::when(TimePoint time) const noexcept {
  // Beyond this the sums below might overflow, and no simulation lasts for a hundred years.
  constexpr std::int64_t far_ns = std::numeric_limits<std::int64_t>::max() / 3;
  const std::int64_t wanted_ns = time.time_since_epoch().count();
  if (wanted_ns >= far_ns) return std::numeric_limits<std::int64_t>::max();
  if (wanted_ns <= 0) return 0;
  // The reading grows with the world's time: halve the span until one moment is left.
  std::int64_t low = 0;
  std::int64_t high = far_ns;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (read(middle) >= time) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace sundog::sim
