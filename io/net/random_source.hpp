// RandomSource: a Random device (io/random.hpp) behind one virtual function, so that the stack's
// code is compiled once and not for each kind of device. Ports (RFC 6056), initial sequence numbers
// (RFC 6528), identifications and transaction numbers come from here.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <span>

#include "sundog/io/flow.hpp"
#include "sundog/io/random.hpp"

namespace sundog::net {

class RandomSource {
 public:
  // See Random.
  virtual void fill(MutableBytes buffer) noexcept = 0;

  // One number of all that the type has: source.number<std::uint16_t>().
  template <std::unsigned_integral T>
  T number() noexcept {
    std::array<std::byte, sizeof(T)> bytes{};
    fill(bytes);
    return std::bit_cast<T>(bytes);
  }
  // 0 to count - 1, all as likely as far as nobody can tell: of 2^32 numbers, not more than one in
  // 2^16 is likelier for the counts that are asked for here, which are below 2^16.
  std::uint32_t below(std::uint32_t count) noexcept {
    return static_cast<std::uint32_t>(std::uint64_t{number<std::uint32_t>()} * count >> 32);
  }

 protected:
  ~RandomSource() = default;
};

// The device is the caller's and outlives this.
template <Random R>
class RandomFrom final : public RandomSource {
 public:
  explicit RandomFrom(R& device) noexcept : device_(device) {}
  void fill(MutableBytes buffer) noexcept override { device_.fill(buffer); }

 private:
  R& device_;
};

}  // namespace sundog::net
