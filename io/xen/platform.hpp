// Xen as a platform: what run() sets up in the domain before the main loop begins (io/platform.hpp
// chooses it). What the domain needs from its first instruction on (memory, traps, console) is set
// up by then: x86/boot.cpp.
#pragma once

#include "sundog/io/poller.hpp"
#include "sundog/io/xen/block.hpp"
#include "sundog/io/xen/event_count.hpp"

namespace sundog {

// The poller of the domain, which has one thread.
class XenPoller {
 public:
  // See Poller.
  static constexpr Duration timers_apart = timers_apart_usual;

  // Xen's system time.
  TimePoint now() const noexcept {
    return TimePoint(Duration(static_cast<Duration::rep>(xen::now_ns())));
  }

  // Runs the handlers of events that have come; blocks the domain first if there are none and
  // `deadline` lies ahead. The first time, it begins to listen to the toolstack: a program that
  // never waits costs no round trip to the store.
  void wait(TimePoint deadline);

  // See Poller.
  bool waiting() const noexcept { return xen::EventCount::foreground_waits() != 0; }
};

using PlatformPoller = XenPoller;

// As io/platform.hpp asks for it.
class Platform {
 public:
  Platform();
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  // Lives as long as the platform.
  XenPoller& poller() noexcept { return poller_; }

 private:
  XenPoller poller_;
};

}  // namespace sundog
