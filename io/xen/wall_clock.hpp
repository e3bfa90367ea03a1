// The wall clock on Xen: the host's, as its dom0 sets it.
//
// Xen keeps in the shared info page when the host started (wc_sec, wc_nsec); that and the system
// time since is what people call the time. It writes those fields for every domain when dom0 sets
// the host's clock (XENPF_settime), and for one domain when that latches the page's layout
// (hvm_latch_shinfo_size in xen/arch/x86/hvm/hvm.c): when it asks for a hypercall page, or sets
// HVM_PARAM_CALLBACK_IRQ. This image has no hypercall page and takes no interrupts. So it sets that
// parameter to 0, "none", which changes nothing else; without that a clock would begin in 1970.
#pragma once

#include <chrono>
#include <cstdint>

#include "sundog/io/wall_clock.hpp"

namespace sundog::xen {

// Nanoseconds since 1970-01-01 UTC, read again at each call: dom0 may set the host's clock at any
// moment. The first call is a hypercall.
std::uint64_t wall_clock_ns() noexcept;

}  // namespace sundog::xen

namespace sundog {

// The domain's WallClock: as xen::wall_clock_ns() says.
class XenWallClock {
 public:
  WallTime now() const noexcept { return WallTime(std::chrono::nanoseconds(xen::wall_clock_ns())); }
};

static_assert(WallClock<XenWallClock>);

}  // namespace sundog
