// Event channels: how Xen and other domains get this domain's attention (2-level ABI,
// xen/event_channel.h).
//
// An event is one bit, set by the other side and cleared here before its handler runs: an event
// that comes while the handler works is seen in the next pass, and several may become one. So a
// handler looks at its ring or its clock until there is nothing left, and treats an event with
// nothing behind it as normal.
//
// The domain takes no interrupts. dispatch_events() is called by the poller before and after it
// blocks.
#pragma once

#include <cstdint>
#include <span>

#include "sundog/io/xen/abi.hpp"

namespace sundog::xen {

// This domain's end of an event channel.
using Port = evtchn_port_t;

// SCHEDOP_poll, by which the domain blocks, takes at most this many ports (xen/common/sched: 128).
// Xen hands out the lowest free port, so that this also bounds the ports' numbers.
inline constexpr Port ports_max = 128;

// What runs when a port's event comes: called with the given context, from the poller, outside of
// any task.
struct EventHandler {
  void (*run)(void* context) = nullptr;
  void* context = nullptr;
};

// Each bind names the handler and opens the port's mask. Errors are std::system_error with Xen's
// errno.
Port bind_virtual_interrupt(std::uint32_t interrupt, EventHandler handler);
Port bind_interdomain(domid_t remote_domain, Port remote_port, EventHandler handler);
Port allocate_unbound(domid_t remote_domain, EventHandler handler);  // the other side binds to it
void adopt_port(Port port, EventHandler handler);  // one that the toolstack made: store, console
void close_port(Port port) noexcept;

// Takes every port's handler away and masks all of them. For set_up.cpp, after which each is
// adopted or bound again.
void forget_ports() noexcept;

// Wakes the other side. False if the port is closed; where the other side has closed its end, Xen
// drops the event without a word.
bool send_event(Port port) noexcept;

// Events that come from now on are kept until unmask_port().
void mask_port(Port port) noexcept;
// An event that came while the port was masked is delivered now.
void unmask_port(Port port) noexcept;

// Runs the handler of every port that has an event; returns whether there was any. No hypercall.
bool dispatch_events() noexcept;

// The ports whose events must wake the domain: bound, and not masked.
std::span<const Port> open_ports() noexcept;

}  // namespace sundog::xen
