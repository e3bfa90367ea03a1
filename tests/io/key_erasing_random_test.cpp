#include "sundog/io/crypto/key_erasing_random.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tests/catch.hpp"
#include "tests/contracts/random.hpp"

namespace sundog {
namespace {

std::vector<std::byte> filled(KeyErasingRandom& random, std::size_t size) {
  std::vector<std::byte> bytes(size);
  random.fill(bytes);
  return bytes;
}

std::vector<std::byte> drawn_with(std::string_view first, std::string_view second) {
  KeyErasingRandom random;
  random.add(as_bytes(first));
  random.add(as_bytes(second));
  return filled(random, 100);
}

TEST_CASE("the same seed gives the same bytes, and every other seed others") {
  REQUIRE(drawn_with("one", "two") == drawn_with("one", "two"));
  REQUIRE(drawn_with("one", "two") != drawn_with("two", "one"));
  REQUIRE(drawn_with("one", "two") != drawn_with("one", "twp"));
  using namespace std::string_view_literals;
  REQUIRE(drawn_with("one", "two\0"sv) != drawn_with("one", "two"));
  const std::string_view long_seed = "a seed that is longer than a key has bytes, by a few letters";
  REQUIRE(drawn_with(long_seed, "") != drawn_with(long_seed.substr(0, 32), ""));
  REQUIRE(drawn_with(long_seed, "") != drawn_with(long_seed.substr(32), ""));
}

TEST_CASE("the first bytes are the second half of the first block, the rest whole blocks") {
  KeyErasingRandom random;  // never seeded: its key is zero
  const auto bytes = filled(random, 32 + 64);
  ChaCha20Block block = chacha20_block({}, 0, {});
  REQUIRE(std::memcmp(bytes.data(), reinterpret_cast<const std::byte*>(block.data()) + 32, 32) ==
          0);
  block = chacha20_block({}, 1, {});
  REQUIRE(std::memcmp(bytes.data() + 32, block.data(), 64) == 0);
}

// All the memory that the generator has.
std::array<std::byte, sizeof(KeyErasingRandom)> memory_of(const KeyErasingRandom& random) {
  std::array<std::byte, sizeof(KeyErasingRandom)> memory;
  std::memcpy(memory.data(), static_cast<const void*>(&random), memory.size());
  return memory;
}

TEST_CASE("what was given cannot be computed from the memory that is left") {
  KeyErasingRandom random;
  random.add(as_bytes("a secret"));
  const auto before = memory_of(random);
  const auto given = filled(random, 64);
  const auto after = memory_of(random);
  // The key is another one, and the way back leads through a one-way function: with the key that is
  // left, no block is one that was given.
  REQUIRE(before != after);
  ChaCha20Key left;
  static_assert(sizeof left == sizeof after);
  std::memcpy(left.data(), after.data(), sizeof left);
  for (std::uint32_t counter = 0; counter < 3; ++counter) {
    const ChaCha20Block block = chacha20_block(left, counter, {});
    const auto* const bytes = reinterpret_cast<const std::byte*>(block.data());
    REQUIRE(std::search(given.begin(), given.end(), bytes, bytes + 16) == given.end());
  }
}

TEST_CASE("its bytes look random, whatever their number") {
  struct Handle {  // the contract's sources can be moved
    std::unique_ptr<KeyErasingRandom> random = std::make_unique<KeyErasingRandom>();
    void fill(MutableBytes buffer) noexcept { random->fill(buffer); }
  };
  std::uint64_t number = 0;
  contract::random([&] {
    Handle handle;
    ++number;
    handle.random->add(std::as_bytes(std::span(&number, 1)));
    return handle;
  });
}

}  // namespace
}  // namespace sundog
