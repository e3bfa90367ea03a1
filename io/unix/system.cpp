#include "sundog/io/unix/system.hpp"

#include <sys/random.h>
#include <time.h>

#include <cerrno>
#include <system_error>

namespace sundog {

WallTime HostWallClock::now() const noexcept {
  timespec time;
  ::clock_gettime(CLOCK_REALTIME, &time);
  return WallTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

void HostRandom::fill(MutableBytes buffer) {
  while (!buffer.empty()) {
    // Large requests come in pieces, and may be interrupted.
    const ssize_t count = ::getrandom(buffer.data(), buffer.size(), 0);
    if (count < 0 && errno != EINTR) {
      throw std::system_error(errno, std::system_category(),
                              "the kernel gives no random bytes: getrandom(2) is missing, or "
                              "forbidden by a seccomp filter");
    }
    if (count > 0) buffer = buffer.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace sundog
