// The bytes that every image draws at boot (io/xen/seed.cpp), on a machine whose clock stands
// still.
#include "sundog/io/xen/seed.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "tests/catch.hpp"
#include "tests/xen/made_up_machine.hpp"

namespace sundog::xen {
namespace {

std::array<std::byte, 20> draw() {
  std::array<std::byte, 20> bytes{};
  fill_for_canary(bytes.data(), bytes.size());
  return bytes;
}

TEST_CASE("random bytes never repeat, even where the clock stands still") {
  made_up::processor = {};
  const auto first = draw();
  const auto second = draw();
  REQUIRE(first != second);
  REQUIRE(std::count(first.begin(), first.end(), first[0]) < 20);
}

TEST_CASE("where the processor has random numbers, bytes depend on them") {
  // What is mixed in by exclusive or: the same state with two numbers gives two results, always.
  made_up::processor = {true, true, 0x1111111111111111};
  const auto first = draw();
  made_up::processor.word = 0x2222222222222222;
  const auto second = draw();
  REQUIRE(first != second);
}

TEST_CASE("a seed changes every byte that follows, and the order of its parts counts") {
  made_up::processor = {};
  keep_seed("a seed");
  const auto first = draw();
  keep_seed("seed a");
  const auto second = draw();
  REQUIRE(first != second);
}

TEST_CASE("a seed is kept up to its limit, and gone once it was taken") {
  keep_seed(std::string(seed_bytes_max + 1, 'x'));
  REQUIRE(kept_seed() == std::string(seed_bytes_max, 'x'));
  keep_seed("short");
  REQUIRE(kept_seed() == "short");
  forget_seed();
  REQUIRE(kept_seed().empty());
}

}  // namespace
}  // namespace sundog::xen
