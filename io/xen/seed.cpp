#include "sundog/io/xen/seed.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "sundog/io/xen/machine.hpp"

namespace sundog::xen {
namespace {

constinit std::uint64_t state = 0;
constinit std::array<char, seed_bytes_max> seed{};
constinit std::size_t seed_size = 0;

std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// A step of SplitMix64 (Steele, Lea, Flood 2014) over what came before and a fresh time stamp: not
// a cipher, but it spreads every bit of what the processor gave, and keeps two domains apart where
// the processor gave none.
std::uint64_t next() noexcept {
  std::uint64_t fresh = 0;
  processor_random(fresh);
  state += cycle_count() + 0x9e3779b97f4a7c15;
  return mix(state) ^ fresh;
}

}  // namespace

void keep_seed(std::string_view given) noexcept {
  for (const char byte : given) state = mix(state + static_cast<unsigned char>(byte) + 1);
  seed_size = std::min(given.size(), seed.size());
  std::memcpy(seed.data(), given.data(), seed_size);
}

std::string_view kept_seed() noexcept { return {seed.data(), seed_size}; }

void forget_seed() noexcept {
  seed = {};
  seed_size = 0;
}

void fill_for_canary(std::byte* buffer, std::size_t size) noexcept {
  while (size != 0) {
    const std::uint64_t value = next();
    const std::size_t count = std::min(size, sizeof value);
    std::memcpy(buffer, &value, count);
    buffer += count;
    size -= count;
  }
}

}  // namespace sundog::xen
