// sleep: lets time pass.
//
//   co_await sleep(1s);
//   co_await sleep_until(deadline);
//
// Times are monotonic. A sleep is never shorter than asked for; it is longer by what other tasks do
// in the turn in which it ends, and by up to 50 µs when another has just ended (see timers.hpp).
// Sleepers with equal deadlines wake in the order in which they went to sleep. A sleep of zero or
// less is a yield that also lets I/O be looked at. A duration too large for the clock (292 years)
// lasts for ever, and a task that sleeps for ever is no deadlock: the program waits with it.
#pragma once

#include <coroutine>
#include <source_location>
#include <string>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog {

namespace detail {

class SleepWait final : private Wait, private TimerHook {
 public:
  // Armed before the job suspends: this may throw, and a suspended job must not.
  explicit SleepWait(TimePoint deadline) : TimerHook(Kind::sleep) {
    Timers::current().arm_at(*this, deadline);
  }
  explicit SleepWait(Duration duration)
      : SleepWait(deadline_after(Timers::current().now(), duration)) {}
  ~SleepWait() {
    if (armed()) Timers::current().cancel(*this);
  }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (!suspend(frame, at)) Timers::current().cancel(*this);
  }
  void await_resume() const noexcept {}

 private:
  friend class sundog::Timers;

  std::string describe() const override { return "sleep"; }
  void fired() { wake(); }
  void cancel() noexcept override {
    Timers::current().cancel(*this);
    SUNDOG_PROBE("a sleep was cancelled");
    unwind();
  }
};

}  // namespace detail

// Sleeps that have not begun; copies are sleeps of their own.
using Sleep = Operation<detail::SleepWait, Duration>;
using SleepUntil = Operation<detail::SleepWait, TimePoint>;

// Sleeps until the monotonic clock shows `deadline`, or longer.
[[nodiscard]] inline SleepUntil sleep_until(TimePoint deadline) { return SleepUntil(deadline); }

// Sleeps for `duration`, or longer. Counted from when it is awaited: as a task, a sleep does
// nothing before.
template <class Rep, class Period>
[[nodiscard]] Sleep sleep(std::chrono::duration<Rep, Period> duration) {
  return Sleep(saturate(duration));
}

// What the monotonic clock shows.
inline TimePoint now() { return Timers::current().now(); }

}  // namespace sundog
