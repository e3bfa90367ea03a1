// The page that Xen shares with the whole domain: pending and mask bits of event channels, and the
// clocks.
#pragma once

#include "sundog/io/xen/abi.hpp"

namespace sundog::xen {

// Asks Xen to put the page at its address. To be done again after a resume; in 64-bit mode, since
// Xen notes here which layout the domain uses. Xen's errno on failure.
long map_shared_info() noexcept;

// Valid after map_shared_info. Xen writes to it at any time.
volatile shared_info& shared() noexcept;

}  // namespace sundog::xen
