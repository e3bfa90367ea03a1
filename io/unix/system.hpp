// The host's wall clock and its entropy.
#pragma once

#include "sundog/io/random.hpp"
#include "sundog/io/unix/only_unix.hpp"
#include "sundog/io/wall_clock.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// CLOCK_REALTIME.
class HostWallClock {
 public:
  WallTime now() const noexcept;
};

// The kernel's generator (getrandom(2)), asked each time: the program keeps no state that could be
// read, or be doubled by a fork.
class HostRandom {
 public:
  // Waits while a machine that has just started gathers its first entropy. Throws
  // std::system_error where a sandbox forbids the call.
  static Task<HostRandom> connect();
  // The same without waiting: throws resource_unavailable_try_again while there is no entropy yet.
  HostRandom();

  void fill(MutableBytes buffer) noexcept;
};

static_assert(WallClock<HostWallClock>);
static_assert(Random<HostRandom>);

}  // namespace sundog
