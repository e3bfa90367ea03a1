// ChaCha20's block function (RFC 8439, 2.3): 64 bytes that look random to everybody who does not
// have the key. Counter and nonce may be known; the same three always give the same bytes.
//
// For random numbers (key_erasing_random.hpp). Encryption belongs to a library, together with what
// makes it hard to misuse.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sundog {

// As in the RFC, words are little-endian bytes.
using ChaCha20Key = std::array<std::uint32_t, 8>;
using ChaCha20Nonce = std::array<std::uint32_t, 3>;
using ChaCha20Block = std::array<std::uint32_t, 16>;

// The block with this number. Takes as long for any key.
ChaCha20Block chacha20_block(const ChaCha20Key& key, std::uint32_t counter,
                             const ChaCha20Nonce& nonce) noexcept;

}  // namespace sundog
