// io/xen/entropy.cpp on a machine made up for it: a clock that stands still, and a source of random
// numbers that can be switched off.
#include "sundog/io/xen/entropy.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "sundog/io/xen/machine.hpp"
#include "tests/catch.hpp"

namespace sundog::xen {
namespace {

constinit std::uint64_t next_random = 0;  // 0: there is no source

std::array<std::byte, 20> draw() {
  std::array<std::byte, 20> bytes{};
  fill_random(bytes.data(), bytes.size());
  return bytes;
}

}  // namespace

std::uint64_t cycle_count() noexcept { return 0; }
bool processor_random(std::uint64_t& value) noexcept {
  value = next_random;
  return next_random != 0;
}

namespace {

TEST_CASE("random bytes never repeat, even where the clock stands still") {
  next_random = 0;
  const auto first = draw();
  const auto second = draw();
  REQUIRE(first != second);
  REQUIRE(std::count(first.begin(), first.end(), first[0]) < 20);
}

TEST_CASE("where the processor has random numbers, bytes depend on them") {
  // What is mixed in by exclusive or: the same state with two numbers gives two results, always.
  next_random = 0x1111111111111111;
  const auto first = draw();
  next_random = 0x2222222222222222;
  const auto second = draw();
  REQUIRE(first != second);
}

TEST_CASE("a seed changes every byte that follows, and the order of its parts counts") {
  next_random = 0;
  add_entropy("a seed");
  const auto first = draw();
  add_entropy("seed a");
  const auto second = draw();
  REQUIRE(first != second);
}

}  // namespace
}  // namespace sundog::xen
