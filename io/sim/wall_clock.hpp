// SimWallClock: what a simulated host takes for the date. It may be wrong by years, drifts and
// ticks as the host's monotonic clock does (clock.hpp), and jumps when the world has it set
// (Fault::wall_clock_jump), of which the monotonic clock knows nothing.
#pragma once

#include "sundog/io/sim/host.hpp"
#include "sundog/io/wall_clock.hpp"

namespace sundog::sim {

class SimWallClock {
 public:
  // The host must outlive the clock.
  explicit SimWallClock(const Host& host) noexcept : host_(&host) {}
  WallTime now() const noexcept { return host_->wall_time(); }

 private:
  const Host* host_;
};

static_assert(WallClock<SimWallClock>);

}  // namespace sundog::sim
