// SleepQueue: the timers waiting to fire, nearest first.
//
// A small heap of the nearest, exact and in the processor's caches, and behind it the far timers,
// hardly sorted. As long as there are few timers all of them are in the heap. Timers with equal
// deadlines fire in the order in which they were armed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sundog/timers/far_timers.hpp"
#include "sundog/timers/sleep_heap.hpp"
#include "sundog/timers/timer.hpp"

namespace sundog {

class SleepQueue {
 public:
  // More timers than this cannot be armed at once.
  static constexpr std::size_t timers_max = 1'000'000'000;

  bool empty() const noexcept { return near_.empty(); }
  std::size_t size() const noexcept { return near_.size() + far_.size(); }
  // The nearest deadline; `never` when empty.
  TimePoint nearest() const noexcept { return near_.nearest(); }

  // Adds a timer that is not armed. `order` counts those that were added, and may wrap around.
  // Throws std::bad_alloc and changes nothing then.
  void add(TimerHook& timer, TimePoint deadline, std::uint32_t order);
  // Takes out a timer that is in here.
  void remove(TimerHook& timer) noexcept;
  // Takes out the timer with the nearest deadline; there must be one. Does not wait for the
  // timer's memory.
  TimerHook& take_nearest() noexcept;

  // How many more can be added before memory is needed.
  std::size_t room() const noexcept { return reserved_ - size(); }
  // Room for `count` timers in all, so that adding them cannot fail. Throws std::bad_alloc.
  void reserve(std::size_t count) {
    if (count > reserved_) grow(count);
  }

 private:
  // A heap with more timers is large: their frames fill a third of a second-level cache.
  static constexpr std::size_t near_max = 1024;

  void grow(std::size_t count);
  void refill() noexcept {
    if (near_.empty() && !far_.empty()) far_.give_nearest(near_);
  }

  SleepHeap near_;  // not empty unless both are
  FarTimers far_;
  std::size_t near_limit_ = near_max;  // more are spread
  std::size_t reserved_ = 0;
};

}  // namespace sundog
