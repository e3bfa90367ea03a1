// The structure that the runtime uses, timers/sleep_heap.hpp, in the comparison's clothes.
#pragma once

#include "timers/sleep_heap.hpp"

#include <cstdint>

namespace sundog::bench {

class RuntimeSleepHeap {
 public:
  class Timer final : public sundog::Timer {
    void fired() override {}
  };

  void insert(Timer& timer, std::uint64_t deadline_ns) {
    heap_.add(timer, TimePoint(Duration(deadline_ns)), next_order_++);
  }
  void cancel(Timer& timer) { heap_.remove(timer); }

  // The earliest timer, taken out; nullptr when there is none.
  Timer* pop(std::uint64_t& deadline_ns) {
    if (heap_.empty()) return nullptr;
    deadline_ns = static_cast<std::uint64_t>(heap_.nearest().time_since_epoch().count());
    return static_cast<Timer*>(&heap_.take_nearest());
  }

 private:
  SleepHeap heap_;
  std::uint32_t next_order_ = 0;
};

}  // namespace sundog::bench
