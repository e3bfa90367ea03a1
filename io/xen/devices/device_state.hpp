// Where the two ends of a device are in meeting or parting, as each writes it into xenstore
// (xen/io/xenbus.h).
#pragma once

#include <cstdint>

#include <xen/io/xenbus.h>

namespace sundog::xen {

// Both ends go through the same states, each on its own: from initialising to connected, and to
// closed.
enum class DeviceState : std::uint8_t {
  unknown = XenbusStateUnknown,
  initialising = XenbusStateInitialising,
  waiting = XenbusStateInitWait,  // the back end, for what the front end offers
  initialised = XenbusStateInitialised,
  connected = XenbusStateConnected,
  closing = XenbusStateClosing,
  closed = XenbusStateClosed,
};

}  // namespace sundog::xen
