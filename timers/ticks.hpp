// Ticks: something to do at regular times, without drift.
//
//   Ticks ticks(100ms);
//   for (;;) { co_await ticks.next(); sample(); }
//
// Tick n is due at start + n * period, whatever the work in between takes; a time too far away for
// the clock never comes. A task that is late by whole periods gets one tick at once; the missed
// ones are counted, not run in a burst.
#pragma once

#include <cstdint>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog {

class Ticks {
 public:
  // The first tick is one period from now. The period is positive.
  template <class Rep, class Period>
  explicit Ticks(std::chrono::duration<Rep, Period> period)
      : period_(saturate(period)), due_(now()) {
    SUNDOG_ASSERT(period_ > Duration::zero(), "the period of ticks must be positive");
  }

  // Awaitable: waits for the next tick.
  [[nodiscard]] SleepUntil next() {
    due_ = deadline_after(due_, period_);
    const TimePoint current = now();
    if (current > due_) {
      const auto missed = (current - due_) / period_;
      missed_count_ += static_cast<std::uint64_t>(missed);
      due_ += missed * period_;
    }
    return sleep_until(due_);
  }

  // How many ticks were passed over so far because the caller came back too late.
  std::uint64_t missed_count() const noexcept { return missed_count_; }

 private:
  Duration period_;
  TimePoint due_;
  std::uint64_t missed_count_ = 0;
};

}  // namespace sundog
