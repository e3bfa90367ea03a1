// Timers: what is armed, on the thread's one monotonic clock.
//
// New timers wait in a list until the end of the loop's turn and are then moved into the sleep heap, every turn, whether or
// not I/O keeps the loop busy. This makes the common timeout, armed and cancelled again within a turn, cost a few nanoseconds;
// and a task that sleeps for no time cannot run again before I/O was looked at. The loop hands the nearest deadline to its
// poller; there is never a kernel timer per sleep.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/assert.hpp"
#include "runtime/current.hpp"
#include "timers/clock.hpp"
#include "timers/sleep_heap.hpp"

namespace sundog {

class Timers {
 public:
  // Reads the platform's clock.
  using ReadClock = TimePoint (*)(void* poller) noexcept;
  Timers(ReadClock read_clock, void* poller) noexcept : read_clock_(read_clock), poller_(poller) {}
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  static Timers& current() { return Current<Timers>::get(); }

  // The time now, read from the clock.
  TimePoint now() const noexcept { return read_clock_(poller_); }

  // Arms a timer that is not armed, for a point in time. It fires in the first turn that begins at or after the deadline;
  // never early. Throws std::bad_alloc.
  void arm_at(Timer& timer, TimePoint deadline) { add_incoming(timer, deadline, false); }
  // The same for a delay, which is counted from the end of this turn: cheaper, as no clock is read, never early, and late
  // by no more than the turn lasts. Meant for timeouts.
  void arm_after(Timer& timer, Duration delay) {
    add_incoming(timer, TimePoint(delay), true);
  }

  // Takes the timer back; does nothing if it is not armed.
  void cancel(Timer& timer) noexcept {
    if (!timer.armed()) return;
    if (timer.place_ >= Timer::incoming_place) {
      remove_incoming(timer);
    } else {
      heap_.remove(timer);
    }
  }

  // For the main loop, each turn: moves the new timers into the heap.
  void settle();
  // For the main loop: fires what is due at `now`, nearest first.
  void fire_due(TimePoint now);
  // The nearest deadline; after settle().
  TimePoint nearest() const noexcept { return heap_.nearest(); }

  std::size_t armed_count() const noexcept { return heap_.size() + incoming_.size(); }

 private:
  struct Incoming {
    TimePoint deadline;  // or, if relative, the delay since the clock's zero
    Timer* timer;
    std::uint32_t order;
    bool relative;
  };

  void add_incoming(Timer& timer, TimePoint deadline, bool relative) {
    SUNDOG_ASSERT(!timer.armed(), "a timer can be armed once at a time");
    // Room in the heap is made now: settle() must not fail.
    heap_.reserve(heap_.size() + incoming_.size() + 1);
    incoming_.push_back(Incoming(deadline, &timer, next_order_++, relative));
    timer.place_ = Timer::incoming_place + static_cast<std::uint32_t>(incoming_.size() - 1);
  }
  void remove_incoming(Timer& timer) noexcept {
    const std::size_t index = timer.place_ - Timer::incoming_place;
    timer.place_ = Timer::nowhere;
    // The last one moves into the gap: the list need not be in order, each entry carries its own.
    if (index + 1 != incoming_.size()) {
      incoming_[index] = incoming_.back();
      incoming_[index].timer->place_ = Timer::incoming_place + static_cast<std::uint32_t>(index);
    }
    incoming_.pop_back();
  }

  SleepHeap heap_;
  std::vector<Incoming> incoming_;
  std::uint32_t next_order_ = 0;
  ReadClock read_clock_;
  void* poller_;
};

}  // namespace sundog
