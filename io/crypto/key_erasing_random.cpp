#include "sundog/io/crypto/key_erasing_random.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sundog {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the words of RFC 8439 are copied as they stand in memory");

constexpr std::size_t block_bytes = sizeof(ChaCha20Block);
constexpr std::size_t key_bytes = sizeof(ChaCha20Key);

// What a block is for is in its nonce, so that no two uses of a key meet.
constexpr std::uint32_t for_output = 0, for_seeding = 1;

}  // namespace

void erase(MutableBytes secret) noexcept {
  std::memset(secret.data(), 0, secret.size());
  asm volatile("" : : "r"(secret.data()) : "memory");
}

KeyErasingRandom::~KeyErasingRandom() { erase(std::as_writable_bytes(std::span(key_))); }

void KeyErasingRandom::add(Bytes seed) noexcept {
  while (!seed.empty()) {
    const Bytes part = seed.first(std::min(seed.size(), key_bytes));
    seed = seed.subspan(part.size());
    ChaCha20Key mixed{};
    std::memcpy(mixed.data(), part.data(), part.size());
    for (std::size_t word = 0; word < key_.size(); ++word) key_[word] ^= mixed[word];
    // The length is mixed in, too: a part that ends in zeros is not a shorter one.
    ChaCha20Block block =
        chacha20_block(key_, 0, {for_seeding, static_cast<std::uint32_t>(part.size()), 0});
    std::copy_n(block.begin(), key_.size(), key_.begin());
    erase(std::as_writable_bytes(std::span(mixed)));
    erase(std::as_writable_bytes(std::span(block)));
  }
}

void KeyErasingRandom::fill(MutableBytes buffer) noexcept {
  ChaCha20Key key = key_;
  ChaCha20Block block = chacha20_block(key, 0, {for_output, 0, 0});
  std::copy_n(block.begin(), key_.size(), key_.begin());
  // The first block's other half is enough for most; then whole blocks.
  std::size_t used = key_bytes;
  for (std::uint64_t number = 1; !buffer.empty(); ++number) {
    const std::size_t count = std::min(buffer.size(), block_bytes - used);
    std::memcpy(buffer.data(), reinterpret_cast<const std::byte*>(block.data()) + used, count);
    buffer = buffer.subspan(count);
    used = 0;
    if (buffer.empty()) break;
    block = chacha20_block(key, static_cast<std::uint32_t>(number),
                           {for_output, static_cast<std::uint32_t>(number >> 32), 0});
  }
  erase(std::as_writable_bytes(std::span(key)));
  erase(std::as_writable_bytes(std::span(block)));
}

}  // namespace sundog
