// The time, as the C and C++ library ask for it: instead of musl's clock_gettime, which makes a
// system call. A file of its own, so that an image which never asks is not linked with it.
#include <ctime>

#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/wall_clock.hpp"

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;
  const bool wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  const std::uint64_t now_ns = wall ? sundog::xen::wall_clock_ns() : sundog::xen::system_time_ns();
  *time = {static_cast<std::time_t>(now_ns / nanoseconds_per_second),
           static_cast<long>(now_ns % nanoseconds_per_second)};
  return 0;
}

// The name by which musl calls it itself.
int __clock_gettime(clockid_t clock, timespec* time) noexcept { return clock_gettime(clock, time); }
}
