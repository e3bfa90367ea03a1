// Random bytes for seeds and keys. From the processor's RDRAND where there is one, mixed with time
// stamps; a domain has no other source of its own.
#pragma once

#include <cstddef>

namespace sundog::xen {

void fill_random(std::byte* buffer, std::size_t size) noexcept;

}  // namespace sundog::xen
