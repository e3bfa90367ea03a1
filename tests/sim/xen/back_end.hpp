// BackEnd: a device's end in dom0, of whatever kind: how it and its front end find each other
// through the store (xen/io/xenbus.h), how they part, and how it comes back after a restart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sundog/io/xen/devices/device_state.hpp"
#include "tests/sim/xen/event_channels.hpp"
#include "tests/sim/xen/hypervisor.hpp"
#include "tests/sim/xen/later.hpp"
#include "tests/sim/xen/store_daemon.hpp"

namespace sundog::sim::xen {

using sundog::xen::DeviceState;

class BackEnd {
 public:
  //   waiting ---- front: initialised or connected ----> connected ---- front: closing --> closing
  //      ^                                                   | restart                       |
  //      |                                                   v                   front: closed
  //      +------------- front: initialising ------------- closed <---------------------------+
  //
  // A device of `kind` ("vif", "vbd") with this number.
  BackEnd(Hypervisor& xen, StoreDaemon& store, const std::string& kind, unsigned number = 0);
  virtual ~BackEnd() = default;
  BackEnd(const BackEnd&) = delete;
  BackEnd& operator=(const BackEnd&) = delete;

  // The toolstack takes the device away, and adds it again: `xl network-detach`, `-attach`. The
  // domain may not write where its folder was.
  void detach();
  void attach();
  bool is_connected() const noexcept { return state_ == DeviceState::connected; }

  // It has broken the protocol since it was connected. Somebody restarts it then, before long.
  bool is_hostile() const noexcept { return is_hostile_; }

 protected:
  // Takes what the front end offers; false if something is missing or wrong.
  virtual bool connect() = 0;
  // Lets go of all of it.
  virtual void disconnect() = 0;
  // An event has come, or work was left.
  virtual void serve() = 0;

  // What the front end has written under this name, as a number; 0 if nothing.
  std::uint32_t number(const std::string& name) const;
  // Comes back to serve() in a while: soon, or a slow one's while.
  void serve_later();
  bool strikes_hostile();
  void set_key(const std::string& name, const std::string& value);
  // Writes the keys that the toolstack and this end have for the front end: once at first, and
  // again whenever the device is added anew.
  virtual void announce() {}

  Hypervisor& xen_;
  World& world_;
  StoreDaemon& store_;
  Channel channel_;

 private:
  void look();
  void set_state(DeviceState state);
  void restart_later();
  void restart();
  void add();

 protected:
  const std::string front_;
  const std::string back_;

 private:
  DeviceState state_ = DeviceState::unknown;
  Later serving_;
  Later restarting_;
  Later attaching_;
  bool is_hostile_ = false;
};

}  // namespace sundog::sim::xen
