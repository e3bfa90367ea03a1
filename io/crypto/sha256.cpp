#include "sundog/io/crypto/sha256.hpp"

#include <algorithm>
#include <bit>

namespace sundog {
namespace {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::array<std::uint32_t, 64> round_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t word_at(const std::byte* bytes) noexcept {
  std::uint32_t word = 0;
  for (int i = 0; i < 4; ++i) word = word << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return word;
}

void put_word(std::byte* place, std::uint32_t word) noexcept {
  for (int i = 0; i < 4; ++i) place[i] = static_cast<std::byte>(word >> (24 - 8 * i));
}

}  // namespace

// FIPS 180-4 section 6.2.2.
void Sha256::add_block(const std::byte* block) noexcept {
  std::array<std::uint32_t, 64> schedule;
  for (std::size_t i = 0; i < 16; ++i) schedule[i] = word_at(block + 4 * i);
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t before = schedule[i - 15];
    const std::uint32_t last = schedule[i - 2];
    schedule[i] = schedule[i - 16] + schedule[i - 7] +
                  (std::rotr(before, 7) ^ std::rotr(before, 18) ^ before >> 3) +
                  (std::rotr(last, 17) ^ std::rotr(last, 19) ^ last >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                                ((e & f) ^ (~e & g)) + round_constants[i] + schedule[i];
    const std::uint32_t second =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  const std::array<std::uint32_t, 8> added = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state_[i] += added[i];
}

void Sha256::add(Bytes bytes) noexcept {
  std::size_t filled = byte_count_ % block_bytes;
  byte_count_ += bytes.size();
  while (!bytes.empty()) {
    if (filled == 0 && bytes.size() >= block_bytes) {
      add_block(bytes.data());
      bytes = bytes.subspan(block_bytes);
      continue;
    }
    const std::size_t count = std::min(bytes.size(), block_bytes - filled);
    std::copy_n(bytes.begin(), count, rest_.begin() + static_cast<std::ptrdiff_t>(filled));
    bytes = bytes.subspan(count);
    filled = (filled + count) % block_bytes;
    if (filled == 0) add_block(rest_.data());
  }
}

// A 1, zeros, and the number of bits in the last eight bytes of a block (section 5.1.1).
Digest Sha256::finish() noexcept {
  constexpr std::array<std::byte, block_bytes> padding = {std::byte{0x80}};
  const std::uint64_t bit_count = byte_count_ * 8;
  const std::size_t filled = byte_count_ % block_bytes;
  add(Bytes(padding).first(filled < 56 ? 56 - filled : 120 - filled));
  std::array<std::byte, 8> length;
  put_word(length.data(), static_cast<std::uint32_t>(bit_count >> 32));
  put_word(length.data() + 4, static_cast<std::uint32_t>(bit_count));
  add(length);
  std::array<std::byte, 32> hash;
  for (std::size_t i = 0; i < 8; ++i) put_word(hash.data() + 4 * i, state_[i]);
  return Digest(hash);
}

}  // namespace sundog
