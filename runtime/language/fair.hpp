// A fair choice among several equals, for where the first must not always win.
//
// Not for secrets: a small generator of each thread's own. The simulator seeds it, so that a run
// can be repeated.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sundog {

// The generator of the calling thread. Exported, so that a program and the shared library share it.
class [[gnu::visibility("default")]] Fair {
 public:
  // A number below `count`, which is at least 1.
  static std::size_t index(std::size_t count) noexcept {
    // xorshift64*, Vigna 2016 (An experimental exploration of Marsaglia's xorshift generators,
    // scrambled).
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    const std::uint64_t random = state_ * 0x2545F4914F6CDD1DU;
    return static_cast<std::size_t>((random >> 32) * count >> 32);
  }
  static void seed(std::uint64_t seed) noexcept { state_ = seed | 1; }

 private:
  static inline constinit thread_local std::uint64_t state_ = 0x9E3779B97F4A7C15U;
};

}  // namespace sundog
