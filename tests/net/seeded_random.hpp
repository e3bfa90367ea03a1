// A RandomSource that gives the same numbers for the same seed.
#pragma once

#include <cstdint>

#include "sundog/io/net/random_source.hpp"

namespace sundog::test {

class SeededRandom final : public net::RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) noexcept : state_(seed) {}
  void fill(MutableBytes buffer) noexcept override {
    for (std::byte& byte : buffer) byte = static_cast<std::byte>(next() >> 56);
  }

 private:
  // SplitMix64.
  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

  std::uint64_t state_;
};

}  // namespace sundog::test
