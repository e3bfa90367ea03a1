// Sha256: the hash of FIPS 180-4, for digests of contents (digest.hpp) that nobody can find a
// second contents for. Not made for speed: some hundred megabytes a second.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sundog/io/digest.hpp"
#include "sundog/io/flow.hpp"

namespace sundog {

class Sha256 {
 public:
  // The unit in which the hash works, for HMAC.
  static constexpr std::size_t block_bytes = 64;

  // Appends to what is hashed, in pieces of any size.
  void add(Bytes bytes) noexcept;
  // Of all bytes that were added; after it, nothing more is.
  Digest finish() noexcept;

 private:
  void add_block(const std::byte* block) noexcept;

  // The first 32 bits of the fractional parts of the square roots of the first eight primes.
  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::uint64_t byte_count_ = 0;
  // What does not fill a block yet.
  std::array<std::byte, block_bytes> rest_;
};

}  // namespace sundog
