// What a domain has at boot that others cannot guess, and the few random bytes that every image
// needs: the stack protector's canary. Keys need more: io/xen/random.hpp, which an image that asks
// for no random bytes is not linked with.
#pragma once

#include <cstddef>
#include <string_view>

namespace sundog::xen {

// Random bytes that are not secret enough for keys: a mix of 64 bits over the processor's random
// numbers, where it has such, the seed, and time stamps.
void fill_for_canary(std::byte* buffer, std::size_t size) noexcept;

// The toolstack's seed (store/store_seed.hpp): changes what fill_for_canary gives, and is kept for
// who makes more of it, up to its first seed_bytes_max.
inline constexpr std::size_t seed_bytes_max = 128;
void keep_seed(std::string_view seed) noexcept;

// What was kept: empty where there was no seed. It can be taken once.
std::string_view kept_seed() noexcept;
void forget_seed() noexcept;

}  // namespace sundog::xen
