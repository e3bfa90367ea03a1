// What io/random.hpp promises, tried on any Random.
//
//   TEST_CASE("the kernel's generator keeps the contract of Random") {
//     contract::random([] { return HostRandom(); });
//   }
//
// That bytes cannot be predicted is shown by no test; these find what is left out, repeated or of
// too small a state.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <vector>

#include "sundog/io/random.hpp"
#include "tests/catch.hpp"

namespace sundog::contract {

// `make` gives another one at each call; all of them exist at the same time.
template <class Make>
void random(Make make) {
  SECTION("every size is filled to its end, and nothing beyond") {
    Random auto source = make();
    for (const std::size_t size : {0U, 1U, 7U, 8U, 63U, 64U, 65U, 255U, 256U, 257U, 4096U}) {
      // A byte may be drawn as it was: in sixteen fillings each place changes, or is left out.
      constexpr std::size_t margin = 32;
      std::vector<bool> changed(size);
      for (int round = 0; round < 16; ++round) {
        std::vector<std::byte> bytes(size + margin, std::byte{0xa5});
        source.fill(MutableBytes(bytes).first(size));
        for (std::size_t i = 0; i < size; ++i) {
          if (bytes[i] != std::byte{0xa5}) changed[i] = true;
        }
        const auto beyond = bytes.begin() + static_cast<std::ptrdiff_t>(size);
        REQUIRE(std::all_of(beyond, bytes.end(), [](auto b) { return b == std::byte{0xa5}; }));
      }
      CAPTURE(size);
      REQUIRE(std::all_of(changed.begin(), changed.end(), [](bool c) { return c; }));
    }
  }
  SECTION("sixteen bytes never come twice, from one source or from two") {
    Random auto one = make();
    Random auto other = make();
    std::set<std::array<std::byte, 16>> seen;
    for (int i = 0; i < 2000; ++i) {
      std::array<std::byte, 16> bytes{};
      one.fill(bytes);
      REQUIRE(seen.insert(bytes).second);
      other.fill(bytes);
      REQUIRE(seen.insert(bytes).second);
    }
  }
  SECTION("each bit is set half of the time, also where single bytes are asked for") {
    Random auto source = make();
    constexpr int rounds = 20'000;
    std::array<int, 8> set{};
    for (int i = 0; i < rounds; ++i) {
      std::array<std::byte, 1> byte{};
      source.fill(byte);
      for (std::size_t bit = 0; bit < 8; ++bit) {
        set[bit] += std::to_integer<int>(byte[0] >> static_cast<int>(bit) & std::byte{1});
      }
    }
    // Eight standard deviations (71 each) from the middle: by chance never.
    for (const int count : set) {
      REQUIRE(count > rounds / 2 - 570);
      REQUIRE(count < rounds / 2 + 570);
    }
  }
  SECTION("a large buffer holds every value about equally often") {
    Random auto source = make();
    std::vector<std::byte> bytes(256 * 1024);
    source.fill(bytes);
    std::array<int, 256> counts{};
    for (const std::byte byte : bytes) ++counts[std::to_integer<std::size_t>(byte)];
    // 1024 expected of each, with a standard deviation of 32.
    for (const int count : counts) {
      REQUIRE(count > 1024 - 256);
      REQUIRE(count < 1024 + 256);
    }
  }
}

}  // namespace sundog::contract
