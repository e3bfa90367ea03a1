// DeviceKeeper: keeps a device connected for as long as it is wanted. Back ends come and go: the
// toolstack adds the device and takes it away, dom0's service is restarted, a driver domain dies.
// For each meeting there is a FrontEnd (front_end.hpp) with rings and an event channel of its own.
//
//                  found
//    +-> searching -----> make() ---> connect() -----------------------> connected
//    |                      |            | it went away, or stop()          | it went away or broke
//    |  after a pause       |            v                                  | the protocol, or
// stop()
//    +------------------ no memory <-- parting <----------------------------+
//
// Parting waits until the back end has let go of what it was given, for `patience` at most. Who
// breaks the protocol again and again is met at growing pauses.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <string>

#include "sundog/io/xen/devices/device_state.hpp"
#include "sundog/io/xen/devices/front_end.hpp"
#include "sundog/io/xen/event_count.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::xen {

class DeviceKeeper {
 public:
  // How long a back end may take to let go, before the device goes on without its consent; and how
  // long it is until the next meeting when one has failed, at first and at most.
  static constexpr Duration patience = std::chrono::seconds(5);
  static constexpr Duration failure_pause_min = std::chrono::milliseconds(100);
  static constexpr Duration failure_pause_max = std::chrono::minutes(1);

  DeviceKeeper(const DeviceKeeper&) = delete;
  DeviceKeeper& operator=(const DeviceKeeper&) = delete;

 protected:
  // The device of `kind` ("vif", "vbd") with this number. See FrontEnd::connect for `ready`.
  DeviceKeeper(std::string kind, unsigned number, DeviceState ready);
  ~DeviceKeeper() = default;

  // Meets one back end after the other until stop(), or until it is cancelled below a protect().
  // Throws what the store throws when it is not there, or is broken.
  Task<void> run();
  void stop() noexcept { stopped_.advance(); }
  // The meeting ends and another one begins, with what offer() gives then.
  void meet_again() noexcept { again_.advance(); }
  bool stopping() const noexcept { return stopped_.count() != 0; }

  // A front end for this back end. Throws std::bad_alloc or std::system_error, and is asked again
  // after a pause.
  virtual std::unique_ptr<FrontEnd> make(const BackEndPlace& place) = 0;
  // Both ends are connected; and what is to happen for as long as they are, which is cancelled
  // then.
  virtual void connected(FrontEnd& front) = 0;
  virtual Task<void> attend(FrontEnd& front) = 0;
  // The other end is still there, and is about to be parted from: ends when what was begun is done.
  virtual Task<void> finish(FrontEnd& front) = 0;
  // The device is out of use; the other end may still have what it was given. Not called without
  // connected().
  virtual void disconnected(FrontEnd& front) noexcept = 0;
  // The other end has let go, as far as it is going to. Every front end that was made comes here,
  // and ends then.
  virtual void parted(FrontEnd& front) noexcept = 0;

  // "vif 0", for messages.
  std::string name() const;

 private:
  class AtTheEnd;

  Task<void> search(BackEndPlace& place);
  Task<void> complain();
  Task<bool> meet(BackEndPlace place);
  Task<void> use(FrontEnd& front);
  Task<void> finish_with(FrontEnd& front);
  Task<void> part(FrontEnd& front);
  Task<void> until_stopped();
  Task<void> until_meeting_again();
  Task<void> rest(Duration pause);

  const std::string kind_;
  const unsigned number_;
  const DeviceState ready_;
  EventCount stopped_{"the device to be given up"};
  EventCount again_{"the device to be connected anew"};
  std::uint64_t again_seen_ = 0;
};

}  // namespace sundog::xen
