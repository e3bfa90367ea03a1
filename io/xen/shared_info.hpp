// The page that Xen shares with the whole domain: pending and mask bits of event channels, and the
// clocks.
#pragma once

#include <atomic>
#include <cstdint>

#include "sundog/io/xen/abi.hpp"

namespace sundog::xen {

// Asks Xen to put the page at its address. To be done again after a resume; in 64-bit mode, since
// Xen notes here which layout the domain uses. Xen's errno on failure.
long map_shared_info() noexcept;

// Valid after map_shared_info. Xen writes to it at any time.
volatile shared_info& shared() noexcept;

// Reads clock fields of the page in one piece: `read` copies them, and is called again when Xen has
// changed them meanwhile. Xen makes their version number odd before and even after a change.
template <class Read>
void read_consistently(const volatile std::uint32_t& version, Read read) noexcept {
  for (;;) {
    const std::uint32_t before = version;
    std::atomic_thread_fence(std::memory_order_acquire);
    read();
    std::atomic_thread_fence(std::memory_order_acquire);
    if ((before & 1) == 0 && version == before) return;
  }
}

}  // namespace sundog::xen
