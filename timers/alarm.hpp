// Alarm: calls a function unless it is stopped in time, and can be started again at any time
// (Lwt_timeout).
//
//   Alarm idle(30s, [&] { close(); });
//   idle.start();                       // and again on every sign of life: the time begins anew
//
// The function runs in the loop, between jobs: it must be short and must not throw. It may start,
// change or destroy the alarm. To put a limit on a task, use timeout(). The delay counts from the
// end of the loop's turn: never early.
#pragma once

#include <functional>
#include <utility>

#include "sundog/runtime/language/callback.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog {

class Alarm final : private Timer {
 public:
  template <class Rep, class Period>
  Alarm(std::chrono::duration<Rep, Period> delay, std::function<void()> function)
      : delay_(saturate(delay)), function_(std::move(function)) {}
  ~Alarm() { stop(); }

  // Starts, or starts again from now. Throws std::bad_alloc.
  void start() {
    stop();
    Timers::current().arm_after(*this, delay_);
  }
  // Does nothing if it is not running.
  void stop() noexcept {
    if (armed()) Timers::current().cancel(*this);
  }
  // For the next start().
  template <class Rep, class Period>
  void change(std::chrono::duration<Rep, Period> delay) noexcept {
    delay_ = saturate(delay);
  }
  bool running() const noexcept { return armed(); }

 private:
  void fired() override { function_(); }  // which may destroy this

  Duration delay_;
  Callback function_;
};

}  // namespace sundog
