// Timers: what is armed, on the thread's one monotonic clock.
//
// New timers wait in a list until the end of the loop's turn and are then moved into the sleep
// queue, every turn, whether or not I/O keeps the loop busy. This makes the common timeout, armed
// and cancelled again within a turn, cost a few nanoseconds; and a task that sleeps for no time
// cannot run again before I/O was looked at. The loop hands the nearest deadline to its poller;
// there is never a kernel timer per sleep.
//
// Waking up costs a machine some microseconds, a hundred times what firing a timer costs. When
// deadlines are close together the loop therefore does not wake for each: it wakes for timers, and
// for nothing else, no sooner than `apart` after it has fired some. So a timer is late by at most
// this much, and only when another fired just before it; a million sleepers cost half the processor
// time. (Linux does the same to every thread's timers, by 50 µs unless told otherwise: prctl(2),
// PR_SET_TIMERSLACK.)
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/current.hpp"
#include "sundog/timers/clock.hpp"
#include "sundog/timers/sleep_queue.hpp"
#include "sundog/timers/timer.hpp"

namespace sundog {

class [[gnu::visibility("default")]] Timers {
 public:
  // Reads the platform's clock.
  using ReadClock = TimePoint (*)(void* poller) noexcept;
  Timers(ReadClock read_clock, void* poller, Duration apart) noexcept
      : apart_(apart), read_clock_(read_clock), poller_(poller) {}
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  // This thread's, whose loop must be running.
  static Timers& current() { return Current<Timers>::get(); }

  // The time now, read from the clock.
  TimePoint now() const noexcept { return read_clock_(poller_); }

  // Arms a timer that is not armed, for a point in time. It fires in the first turn that begins at
  // or after the deadline; never early. Throws std::bad_alloc.
  void arm_at(TimerHook& timer, TimePoint deadline) { add_incoming(timer, deadline, false); }
  // The same for a delay, which is counted from the end of this turn: cheaper, as no clock is read,
  // never early, and late by no more than the turn lasts. Meant for timeouts.
  void arm_after(TimerHook& timer, Duration delay) { add_incoming(timer, TimePoint(delay), true); }

  // Takes the timer back; does nothing if it is not armed.
  void cancel(TimerHook& timer) noexcept {
    if (!timer.armed()) return;
    if (timer.place_ >= TimerHook::incoming_place) {
      remove_incoming(timer);
    } else if (timer.place_ >= TimerHook::due_place) {
      due_[timer.place_ - TimerHook::due_place] = nullptr;
      --due_count_;
      timer.place_ = TimerHook::nowhere;
    } else {
      queue_.remove(timer);
    }
  }

  // For the main loop, each turn: moves the new timers into the queue.
  void settle();
  // For the main loop: fires what is due at `now`, nearest first, at most due_max timers. The
  // others are due in the next turn: a turn is bounded, and the tasks that were woken are still in
  // the processor's caches when they run.
  void fire_due(TimePoint now);
  static constexpr std::uint32_t due_max = 256;
  // When the loop is to wake; after settle(). `never` without timers.
  TimePoint wake_time() const noexcept { return std::max(queue_.nearest(), not_before_); }

  // How many timers and sleeping tasks wait, those that are due among them.
  std::size_t armed_count() const noexcept { return queue_.size() + incoming_count_ + due_count_; }

 private:
  struct Incoming {
    TimePoint deadline;  // or, if relative, the delay since the clock's zero
    TimerHook* timer = nullptr;
    std::uint32_t order = 0;
    bool relative = false;
  };

  void add_incoming(TimerHook& timer, TimePoint deadline, bool relative) {
    SUNDOG_ASSERT(!timer.armed(), "a timer can be armed once at a time");
    if (incoming_count_ == incoming_limit_) [[unlikely]]
      make_room();
    timer.place_ = TimerHook::incoming_place + incoming_count_;
    incoming_[incoming_count_++] = Incoming(deadline, &timer, next_order_++, relative);
  }
  void remove_incoming(TimerHook& timer) noexcept {
    const std::uint32_t index = timer.place_ - TimerHook::incoming_place;
    timer.place_ = TimerHook::nowhere;
    // The last one moves into the gap: the list need not be in order, each entry carries its own.
    if (index != --incoming_count_) {
      incoming_[index] = incoming_[incoming_count_];
      incoming_[index].timer->place_ = TimerHook::incoming_place + index;
    }
  }
  void make_room();
  static void fire(TimerHook& timer);

  SleepQueue queue_;
  // The first incoming_count_ of them are in use. As many as incoming_limit_ may be: for so many
  // there is room here and in the queue, so that settle() cannot fail.
  std::vector<Incoming> incoming_;
  std::uint32_t incoming_count_ = 0;
  std::uint32_t incoming_limit_ = 0;
  std::uint32_t next_order_ = 0;
  // The timers that are about to fire; null if cancelled meanwhile.
  std::array<TimerHook*, due_max> due_{};
  std::uint32_t due_count_ = 0;
  const Duration apart_;
  // The loop does not wake for timers before. Long past when something is due already.
  TimePoint not_before_ = TimePoint::min();
  ReadClock read_clock_;
  void* poller_;
};

}  // namespace sundog
