// Prng: the one source of chance in a simulated world, and a function of its seed alone.
//
// splitmix64 (Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators). Integers
// only: floating point would not give the same world on every machine. Not for secrets.
#pragma once

#include <cstdint>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::sim {

// Probabilities are whole parts per million.
using PartsPerMillion = std::uint32_t;
inline constexpr PartsPerMillion always_ppm = 1'000'000;

class Prng {
 public:
  explicit Prng(std::uint64_t seed) noexcept : state_(seed) {}

  // The next 64 bits.
  std::uint64_t next() noexcept {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
  }

  // A number below `count`, which is 1 to 2^32.
  std::uint64_t below(std::uint64_t count) noexcept {
    SUNDOG_ASSERT(count >= 1 && count <= std::uint64_t{1} << 32, "draw from 1 to 2^32 numbers");
    return (next() >> 32) * count >> 32;
  }
  // A number from `low` to `high`, both possible.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
    return low + below(high - low + 1);
  }
  // A duration from `low` to `high`, to about a part in four thousand million.
  Duration between(Duration low, Duration high) noexcept {
    const auto width = static_cast<std::uint64_t>((high - low).count());
    const auto drawn = static_cast<std::uint64_t>(
        static_cast<unsigned __int128>(next()) * (static_cast<unsigned __int128>(width) + 1) >> 64);
    return low + Duration(static_cast<Duration::rep>(drawn));
  }
  bool chance(PartsPerMillion ppm) noexcept { return below(always_ppm) < ppm; }

  // The order of a container's elements, all orders alike (Fisher and Yates).
  template <class Container>
  void shuffle(Container& container) noexcept {
    for (std::size_t left = container.size(); left > 1; --left) {
      std::swap(container[left - 1], container[below(left)]);
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace sundog::sim
