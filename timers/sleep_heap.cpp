#include "timers/sleep_heap.hpp"

#include <algorithm>

#include "runtime/assert.hpp"
#include "runtime/probe.hpp"

namespace sundog {

bool SleepHeap::before(const Entry& a, const Entry& b) noexcept {
  if (a.deadline != b.deadline) return a.deadline < b.deadline;
  return static_cast<std::int32_t>(a.timer->order_ - b.timer->order_) < 0;
}

void SleepHeap::place(std::size_t index, Entry entry) noexcept {
  entries_[index] = entry;
  entry.timer->place_ = static_cast<std::uint32_t>(index);
}

void SleepHeap::sift_up(std::size_t index, Entry entry) noexcept {
  while (index > 0) {
    const std::size_t parent = (index - 1) / arity;
    if (!before(entry, entries_[parent])) break;
    place(index, entries_[parent]);
    index = parent;
  }
  place(index, entry);
}

void SleepHeap::sift_down(std::size_t index, Entry entry) noexcept {
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

void SleepHeap::add(Timer& timer, TimePoint deadline, std::uint32_t order) {
  SUNDOG_ASSERT(entries_.size() < timers_max, "too many timers are armed at once");
  timer.order_ = order;
  const Entry entry(deadline, &timer);
  entries_.push_back(entry);
  sift_up(entries_.size() - 1, entry);
}

void SleepHeap::remove(Timer& timer) noexcept {
  const std::size_t index = timer.place_;
  timer.place_ = Timer::nowhere;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (index == entries_.size()) return;
  if (index > 0 && before(last, entries_[(index - 1) / arity])) {
    SUNDOG_PROBE("the gap of a cancelled timer was filled upwards");
    sift_up(index, last);
  } else {
    sift_down(index, last);
  }
}

Timer& SleepHeap::take_nearest() noexcept {
  Timer& timer = *entries_.front().timer;
  remove(timer);
  return timer;
}

void SleepHeap::grow(std::size_t count) {
  // By doubling: reserving one more at a time would copy the array each time.
  entries_.reserve(std::max(count, 2 * entries_.capacity()));
}

}  // namespace sundog
