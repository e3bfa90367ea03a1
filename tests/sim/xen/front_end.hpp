// FrontEnd: how a domain's device meets its back end, as little of it as a test needs, over the
// production store, event channels and grants.
//
// The store may refuse anything for a while: what has to be done is asked again until it is done.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/xen/events.hpp"
#include "sundog/io/xen/event_count.hpp"
#include "sundog/runtime/task.hpp"
#include "tests/sim/xen/back_end.hpp"

namespace sundog::sim::xen {

class FrontEnd {
 public:
  using Keys = std::vector<std::pair<std::string, std::string>>;

  // Makes an event channel for dom0; std::system_error if there is none.
  explicit FrontEnd(const std::string& kind);
  ~FrontEnd();
  FrontEnd(const FrontEnd&) = delete;
  FrontEnd& operator=(const FrontEnd&) = delete;

  // Waits for the back end, offers it what the keys name, and waits until it has taken it. False:
  // it has gone away instead.
  Task<bool> connect(Keys keys, DeviceState ready);
  // Until the back end has gone, or has broken the protocol.
  Task<void> until_gone();
  // Tells the back end, and waits until it has let go of everything.
  Task<void> close();

 protected:
  sundog::xen::Port port() const noexcept { return port_; }
  // An event has come from the back end.
  virtual void serve() = 0;
  // The back end has broken the protocol: nothing of it is believed any more.
  void give_up() { broken_.advance(); }
  bool has_given_up() const noexcept { return broken_.count() != 0; }

 private:
  Task<void> write_state(DeviceState state);
  Task<DeviceState> back_state();
  Task<DeviceState> wait_for(std::initializer_list<DeviceState> states);

  const std::string front_;
  std::string back_;
  sundog::xen::EventCount broken_{"a broken back end"};
  sundog::xen::Port port_;
};

}  // namespace sundog::sim::xen
