#include "sundog/timers/sleep_heap.hpp"

#include <algorithm>

#include "sundog/runtime/language/probe.hpp"

namespace sundog {

bool SleepHeap::before(const TimerEntry& a, const TimerEntry& b) noexcept {
  if (a.deadline != b.deadline) return a.deadline < b.deadline;
  return a.timer->before(*b.timer);
}

void SleepHeap::place(std::size_t index, TimerEntry entry) noexcept {
  entries_[index] = entry;
  entry.timer->place_ = static_cast<std::uint32_t>(index);
}

void SleepHeap::sift_up(std::size_t index, TimerEntry entry) noexcept {
  while (index > 0) {
    const std::size_t parent = (index - 1) / arity;
    if (!before(entry, entries_[parent])) break;
    place(index, entries_[parent]);
    index = parent;
  }
  place(index, entry);
}

void SleepHeap::sift_down(std::size_t index, TimerEntry entry) noexcept {
  const std::size_t size = entries_.size();
  for (;;) {
    const std::size_t first = index * arity + 1;
    if (first >= size) break;
    const std::size_t end = std::min(first + arity, size);
    std::size_t least = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (before(entries_[child], entries_[least])) least = child;
    }
    if (!before(entries_[least], entry)) break;
    place(index, entries_[least]);
    index = least;
  }
  place(index, entry);
}

void SleepHeap::add(TimerEntry entry) {
  entries_.push_back(entry);
  sift_up(entries_.size() - 1, entry);
}

void SleepHeap::fill(std::size_t gap) noexcept {
  if (gap == entries_.size() - 1) {
    entries_.pop_back();
    return;
  }
  const TimerEntry last = entries_.back();
  entries_.pop_back();
  if (gap > 0 && before(last, entries_[(gap - 1) / arity])) {
    SUNDOG_PROBE("the gap of a cancelled timer was filled upwards");
    sift_up(gap, last);
  } else {
    sift_down(gap, last);
  }
}

void SleepHeap::remove(TimerHook& timer) noexcept {
  fill(timer.place_);
  timer.place_ = TimerHook::nowhere;
}

TimerHook& SleepHeap::take_nearest() noexcept {
  TimerHook& timer = *entries_.front().timer;
  fill(0);
  timer.place_ = TimerHook::nowhere;
  return timer;
}

void SleepHeap::grow(std::size_t count) {
  // By doubling: reserving one more at a time would copy the array each time.
  entries_.reserve(std::max(count, 2 * entries_.capacity()));
}

}  // namespace sundog
