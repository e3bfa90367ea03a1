// Random bytes for seeds and keys: from the processor's own source where it has one, always mixed
// with time stamps, and with a seed from the toolstack where the processor has none
// (store_seed.hpp). A domain has no other source.
#pragma once

#include <cstddef>
#include <string_view>

namespace sundog::xen {

void fill_random(std::byte* buffer, std::size_t size) noexcept;

// Makes what follows depend on these bytes, too.
void add_entropy(std::string_view bytes) noexcept;

}  // namespace sundog::xen
