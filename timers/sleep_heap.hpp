// SleepHeap: timers in the order of their deadlines, nearest first.
//
// A 4-ary heap in one array; each timer knows its place, so that cancelling takes O(log n) and
// gives its entry back at once (no dead entries). Timers with equal deadlines fire in the order in
// which they were added. For few timers there is nothing faster; with very many, each move writes
// to a timer that is in no cache, which is why SleepQueue keeps only the nearest here. bench/timers
// compares the alternatives.
#pragma once

#include <cstddef>
#include <vector>

#include "sundog/timers/timer.hpp"

namespace sundog {

class SleepHeap {
 public:
  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }
  // The nearest deadline; `never` when empty.
  TimePoint nearest() const noexcept { return empty() ? never : entries_.front().deadline; }

  // Adds a timer. Throws std::bad_alloc and changes nothing then. O(log n), O(1) on average.
  void add(TimerEntry entry);
  // Takes out a timer that is in the heap. O(log n).
  void remove(TimerHook& timer) noexcept;
  // Takes out the timer with the nearest deadline; the heap is not empty. Writes to the timer, but
  // does not wait for its memory.
  TimerHook& take_nearest() noexcept;

  // All of them, in no order, for who takes them all away: clear() follows.
  const std::vector<TimerEntry>& entries() const noexcept { return entries_; }
  void clear() noexcept { entries_.clear(); }

  // Room for `count` timers in all, so that adding them cannot fail.
  void reserve(std::size_t count) {
    if (count > entries_.capacity()) [[unlikely]]
      grow(count);
  }

 private:
  static constexpr std::size_t arity = 4;

  void grow(std::size_t count);
  static bool before(const TimerEntry& a, const TimerEntry& b) noexcept;
  void place(std::size_t index, TimerEntry entry) noexcept;
  void sift_up(std::size_t index, TimerEntry entry) noexcept;
  void sift_down(std::size_t index, TimerEntry entry) noexcept;
  void fill(std::size_t gap) noexcept;

  std::vector<TimerEntry> entries_;
};

}  // namespace sundog
