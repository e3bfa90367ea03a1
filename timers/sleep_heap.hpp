// SleepHeap: the timers waiting to fire, nearest first.
//
// A 4-ary heap in one array; each timer knows its place, so that cancelling takes O(log n) and
// gives its entry back at once (no dead entries). Timers with equal deadlines fire in the order in
// which they were added. Four children share one cache line of keys; bench/timers compares the
// alternatives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "timers/clock.hpp"

namespace sundog {

// Something that happens at a time. Its address is stable while it is armed. Derive from it and
// override fired().
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool armed() const noexcept { return place_ != nowhere; }

 protected:
  ~Timer() = default;

 private:
  friend class SleepHeap;
  friend class Timers;

  // The deadline has passed; the timer is no longer armed and may be armed again, or destroyed,
  // from here.
  virtual void fired() = 0;

  static constexpr std::uint32_t nowhere = UINT32_MAX;
  // Places from here on are in the list of newly armed timers, not in the heap.
  static constexpr std::uint32_t incoming_place = std::uint32_t{1} << 31;

  std::uint32_t place_ = nowhere;
  // Counts up with each timer added; compared with wrap-around, among equal deadlines only.
  std::uint32_t order_ = 0;
};

class SleepHeap {
 public:
  // More timers than this cannot be armed at once.
  static constexpr std::size_t timers_max = Timer::incoming_place - 1;

  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }
  // The nearest deadline; `never` when empty.
  TimePoint nearest() const noexcept { return empty() ? never : entries_.front().deadline; }

  // Adds a timer that is not armed. Throws std::bad_alloc and changes nothing then. O(log n), O(1)
  // on average.
  void add(Timer& timer, TimePoint deadline, std::uint32_t order);
  // Takes out a timer that is in the heap. O(log n).
  void remove(Timer& timer) noexcept;
  // Takes out the timer with the nearest deadline; the heap is not empty.
  Timer& take_nearest() noexcept;

  // How many more can be added before memory is needed.
  std::size_t room() const noexcept { return entries_.capacity() - entries_.size(); }
  // Room for `count` timers in all, so that adding them cannot fail.
  void reserve(std::size_t count) {
    if (count > entries_.capacity()) [[unlikely]] grow(count);
  }

 private:
  static constexpr std::size_t arity = 4;
  struct Entry {
    TimePoint deadline;
    Timer* timer;
  };

  void grow(std::size_t count);
  static bool before(const Entry& a, const Entry& b) noexcept;
  void place(std::size_t index, Entry entry) noexcept;
  void sift_up(std::size_t index, Entry entry) noexcept;
  void sift_down(std::size_t index, Entry entry) noexcept;

  std::vector<Entry> entries_;
};

}  // namespace sundog
