#include "sundog/io/unix/system.hpp"

#include <sys/random.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog {
namespace {

// How often a machine that has just started is asked whether it has entropy now.
constexpr Duration entropy_pause = std::chrono::milliseconds(20);

// 0, or the errno for which no byte could be had.
int try_random(std::span<std::byte> buffer, unsigned flags) noexcept {
  while (!buffer.empty()) {
    // Large requests come in pieces, and may be interrupted.
    const ssize_t count = ::getrandom(buffer.data(), buffer.size(), flags);
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) buffer = buffer.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

// Whether there is entropy by now. Throws if there will never be.
bool has_entropy() {
  std::array<std::byte, 1> byte;
  const int error = try_random(byte, GRND_NONBLOCK);
  if (error == EAGAIN) return false;
  if (error == 0) return true;
  throw std::system_error(error, std::system_category(),
                          "there are no random bytes: getrandom(2) is refused, probably by a "
                          "seccomp filter; allow it there");
}

}  // namespace

WallTime HostWallClock::now() const noexcept {
  timespec time;
  ::clock_gettime(CLOCK_REALTIME, &time);
  return WallTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

HostRandom::HostRandom() {
  if (has_entropy()) return;
  throw std::system_error(EAGAIN, std::system_category(),
                          "there are no random bytes yet: the machine has just started and gathers "
                          "entropy; try again in a moment, or use HostRandom::connect()");
}

Task<HostRandom> HostRandom::connect() {
  for (;;) {
    const bool ready = has_entropy();
    if (ready) co_return HostRandom();
    co_await sleep(entropy_pause);
  }
}

void HostRandom::fill(MutableBytes buffer) noexcept {
  const int error = try_random(buffer, 0);
  SUNDOG_ASSERT(error == 0,
                "getrandom(2) worked at first and is refused now, by a seccomp filter probably: "
                "there are no random bytes");
}

}  // namespace sundog
