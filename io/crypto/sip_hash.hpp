// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): 64 bits of a short
// message that look random to everybody who does not have the key.
//
// For what others must not be able to guess or to steer: places in a hash table whose keys come
// from outside, initial sequence numbers, cookies. It is no hash for signatures or passwords.
#pragma once

#include <array>
#include <cstdint>

#include "sundog/io/flow.hpp"

namespace sundog {

// A secret of 128 bits: the reference's bytes 0 to 7, then 8 to 15, each little-endian.
using SipKey = std::array<std::uint64_t, 2>;

// The hash of the whole message. Takes as long for any message of the same length.
std::uint64_t sip_hash(const SipKey& key, Bytes message) noexcept;

}  // namespace sundog
