// The host's wall clock and its entropy.
#pragma once

#include "sundog/io/unix/only_unix.hpp"
#include "sundog/io/random.hpp"
#include "sundog/io/wall_clock.hpp"

namespace sundog {

// CLOCK_REALTIME.
class HostWallClock {
 public:
  WallTime now() const noexcept;
};

// The kernel's generator (getrandom(2)).
class HostRandom {
 public:
  // Throws std::system_error where a filter forbids the call.
  void fill(MutableBytes buffer);
};

static_assert(WallClock<HostWallClock>);
static_assert(Random<HostRandom>);

}  // namespace sundog
