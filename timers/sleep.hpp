// sleep: lets time pass.
//
//   co_await sleep(1s);
//   co_await sleep_until(deadline);
//
// Times are monotonic. A sleep is never shorter than asked for; it is longer by what other tasks do in the turn in which
// it ends. Sleepers with equal deadlines wake in the order in which they went to sleep. A sleep of zero or less is a
// yield that also lets I/O be looked at. A duration too large for the clock (292 years) lasts for ever.
#pragma once

#include <coroutine>
#include <source_location>
#include <string>

#include "runtime/job.hpp"
#include "timers/timers.hpp"

namespace sundog {

namespace detail {

class Sleep final : private Wait, private Timer {
 public:
  explicit Sleep(TimePoint deadline) noexcept : deadline_(deadline) {}
  ~Sleep() {
    if (armed()) Timers::current().cancel(*this);
  }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    // Armed first: this may throw, and a suspended job must not. Disarmed by the destructor if the job is cancelled.
    Timers::current().arm_at(*this, deadline_);
    static_cast<void>(suspend(frame, at));
  }
  void await_resume() const noexcept {}

 private:
  std::string describe() const override { return "sleep"; }
  void fired() override { wake(); }
  void cancel() noexcept override {
    Timers::current().cancel(*this);
    unwind();
  }

  TimePoint deadline_;
};

}  // namespace detail

// Sleeps until the monotonic clock shows `deadline`, or longer.
[[nodiscard]] inline detail::Sleep sleep_until(TimePoint deadline) noexcept {
  return detail::Sleep(deadline);
}

// Sleeps for `duration`, or longer. Counted from this call.
template <class Rep, class Period>
[[nodiscard]] detail::Sleep sleep(std::chrono::duration<Rep, Period> duration) {
  return detail::Sleep(deadline_after(Timers::current().now(), saturate(duration)));
}

// What the monotonic clock shows.
inline TimePoint now() { return Timers::current().now(); }

}  // namespace sundog
