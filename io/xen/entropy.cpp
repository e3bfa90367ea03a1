#include "sundog/io/xen/entropy.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "sundog/io/xen/machine.hpp"

namespace sundog::xen {
namespace {

constinit std::uint64_t state = 0;

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

void add_entropy(std::string_view bytes) noexcept {
  for (const char byte : bytes) state = mix(state + static_cast<unsigned char>(byte) + 1);
}

void fill_random(std::byte* buffer, std::size_t size) noexcept {
  while (size != 0) {
    const std::uint64_t value = next();
    const std::size_t count = std::min(size, sizeof value);
    std::memcpy(buffer, &value, count);
    buffer += count;
    size -= count;
  }
}

}  // namespace sundog::xen
