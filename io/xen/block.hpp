// Blocking the domain: until an event comes or a time is reached, whichever is first, and never
// beyond.
//
// The protocol is: look at the pending bits; if none is set, SCHEDOP_poll with every open port and
// the deadline. Xen marks the virtual processor blocked first and then looks at those same bits
// itself, so that an event between our look and the call wakes it. One hypercall, one exit, no
// interrupt, no timer to set.
//
// Do not be tempted by SCHEDOP_block: in a PVH domain it looks for a deliverable interrupt, not for
// pending bits, and sleeps through an event that came just before it. Nor by SCHEDOP_poll with an
// empty list, which looks at nothing. tests/xen/block_protocol_test.cpp plays every interleaving of
// each of these.
#pragma once

#include <cstdint>

namespace sundog::xen {

// Waits for an event, however long.
inline constexpr std::uint64_t no_deadline_ns = ~std::uint64_t{0};

// How late a wait may end by our own doing, on a host that has woken us too early (block.cpp).
inline constexpr std::uint64_t allowance_ns_max = 10'000'000;

// Xen's system time in nanoseconds (machine.hpp).
std::uint64_t now_ns() noexcept;

// Blocks the domain until `deadline_ns` or an event, runs the events' handlers, and returns. A
// deadline that has passed does not block, and makes no hypercall.
void block_until(std::uint64_t deadline_ns) noexcept;

}  // namespace sundog::xen
