// FrontEnd: how a device of this domain meets its back end through xenstore, and how they part
// (xen/io/xenbus.h). What the device does in between is the derived class's, over its rings
// (shared_ring.hpp) and grants.
//
//   const BackEndPlace place = co_await find_back_end("vbd", 51712);
//   Disk disk(place);                           // a FrontEnd: makes its rings and grants
//   const bool connected = co_await disk.connect(disk.keys(), DeviceState::connected);
//   if (connected) { ... }                      // and uses it, until disk.until_gone()
//   co_await disk.close();                      // only then may the grants end
//
//   front   initialising ----------> initialised or connected --------> closing ----> closed
//   back              ... waiting ------------------> connected ... closing ----> closed ...
//
// The store may refuse anything for a while, and a back end may be restarted at any moment: what
// has to be done is asked again until it is done, at growing pauses, and the first refusal is
// logged. A task that must not wait for ever puts it under a timeout().
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/xen/devices/device_state.hpp"
#include "sundog/io/xen/event_count.hpp"
#include "sundog/io/xen/events.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::xen {

// Where the two ends of a device have their keys, and which domain the back end is in.
struct BackEndPlace {
  std::string front;
  std::string back;
  domid_t domain;
};

// Waits until the toolstack has named the back end of the device of `kind` ("vif", "vbd") with this
// number: a domain may run before it has.
Task<BackEndPlace> find_back_end(std::string kind, unsigned number);

class FrontEnd {
 public:
  // Names and values that are written into xenstore below the device's folder.
  using Keys = std::vector<std::pair<std::string, std::string>>;

  // Makes an event channel for the back end's domain; std::system_error if there is none.
  explicit FrontEnd(BackEndPlace place);
  virtual ~FrontEnd();
  FrontEnd(const FrontEnd&) = delete;
  FrontEnd& operator=(const FrontEnd&) = delete;

  // Waits for the back end, offers it the keys and the event channel, and waits until it has taken
  // them. `ready` is what this kind of device then says of itself: connected for a network,
  // initialised for a disk. False: the back end has gone away instead; close() and make another.
  Task<bool> connect(Keys keys, DeviceState ready);
  // Until the back end has gone, or has broken the protocol.
  Task<void> until_gone();
  // Tells the back end, and waits until it has let go of everything.
  Task<void> close();

 protected:
  // The other end, and the event channel to it.
  domid_t back_end_domain() const noexcept { return place_.domain; }
  Port port() const noexcept { return port_; }
  // An event has come from the back end: called from the poller, outside of any task.
  virtual void serve() = 0;
  // The back end has broken the protocol: nothing of it is believed any more, and no more events of
  // it are served.
  void give_up() { broken_.advance(); }
  bool has_given_up() const noexcept { return broken_.count() != 0; }

 private:
  Task<void> write_state(DeviceState state);
  Task<DeviceState> back_state();
  Task<DeviceState> wait_for(std::initializer_list<DeviceState> states);

  const BackEndPlace place_;
  EventCount broken_{"a broken back end"};
  Port port_;
};

}  // namespace sundog::xen
