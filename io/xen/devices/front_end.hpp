// FrontEnd: how a device of this domain meets its back end through xenstore, and how they part
// (xen/io/xenbus.h). What the device does in between is the derived class's, over its rings
// (shared_ring.hpp) and grants. A FrontEnd is for one meeting; device_keeper.hpp makes another when
// the back end has come back.
//
//   const BackEndPlace place = co_await find_back_end("vbd", 51712);
//   Disk disk(place);                           // a FrontEnd: makes its rings and grants
//   const bool connected = co_await disk.connect(DeviceState::initialised);
//   if (connected) { ... }                      // and uses it, until disk.until_gone()
//   co_await disk.close();                      // only then may the grants end
//
//   front   initialising ----------> initialised or connected --------> closing ----> closed
//   back              ... waiting ------------------> connected ... closing ----> closed ...
//
// The store may refuse anything for a while, and a back end may be restarted at any moment: what
// has to be done is asked again until it is done, at growing pauses, and the first refusal is
// logged. A task that must not wait for ever puts it under a timeout(). When the toolstack takes
// the device away, what is under way ends with no_such_device.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/xen/devices/device_state.hpp"
#include "sundog/io/xen/event_count.hpp"
#include "sundog/io/xen/events.hpp"
#include "sundog/runtime/language/function_ref.hpp"
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
  // Names and values that are written into xenstore below the device's folder; an empty value
  // removes the key that an earlier meeting may have left.
  using Keys = std::vector<std::pair<std::string, std::string>>;

  // Makes an event channel for the back end's domain; std::system_error if there is none.
  explicit FrontEnd(BackEndPlace place);
  virtual ~FrontEnd();
  FrontEnd(const FrontEnd&) = delete;
  FrontEnd& operator=(const FrontEnd&) = delete;

  // Waits for the back end, offers it what offer() gives, and waits until it has taken that.
  // `ready` is what this kind of device then says of itself: connected for a network, initialised
  // for a disk. False: the back end has gone away instead; close() and make another.
  Task<bool> connect(DeviceState ready);
  // Until the back end has gone, or has broken the protocol.
  Task<void> until_gone();
  // Until it has broken the protocol.
  Task<void> until_broken();
  // Until the toolstack has taken the device away, or has given it another back end.
  Task<void> until_detached();
  // Tells the back end, and waits until it has let go of everything.
  Task<void> close();

  // The back end has broken the protocol.
  bool has_given_up() const noexcept { return broken_.count() != 0; }
  const BackEndPlace& place() const noexcept { return place_; }

 protected:
  // The other end, and the event channel to it.
  domid_t back_end_domain() const noexcept { return place_.domain; }
  Port port() const noexcept { return port_; }

  // What this end offers, its event channel included. Called once the back end is there and has
  // said what it can do.
  virtual Task<Keys> offer() = 0;
  // An event has come from the back end: called from the poller, outside of any task.
  virtual void serve() = 0;

  // What the toolstack or the back end has written under this name; empty where there is no such
  // key.
  Task<std::string> front_key(std::string name) { return read_key(place_.front, std::move(name)); }
  Task<std::string> back_key(std::string name) { return read_key(place_.back, std::move(name)); }
  // Asks the store until it has done what `ask` asks of it, which outlives this. std::system_error
  // (no_such_device) when the toolstack has taken the device away.
  Task<void> persist(FunctionRef<Task<void>()> ask);

  // The back end has broken the protocol: nothing of it is believed any more, and no more events of
  // it are served. Logs that, with the reason, a literal.
  void give_up(const char* why);

 private:
  Task<void> write_state(DeviceState state);
  Task<DeviceState> back_state();
  Task<DeviceState> wait_for(std::initializer_list<DeviceState> states);
  static Task<std::string> read_key(std::string folder, std::string name);

  const BackEndPlace place_;
  EventCount broken_{"a broken back end"};
  Port port_;
};

}  // namespace sundog::xen
