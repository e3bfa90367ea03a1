// SimWallClock: what a simulated host takes for the date. It may be wrong by years, and jumps when
// the world has it set (Fault::wall_clock_jump); the monotonic clock (clock.hpp) knows nothing of
// that.
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
