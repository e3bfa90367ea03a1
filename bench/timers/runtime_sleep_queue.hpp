// The structure that the runtime uses, timers/sleep_queue.hpp, in the comparison's clothes.
#pragma once

#include "sundog/timers/sleep_queue.hpp"

#include <cstdint>

namespace sundog::bench {

class RuntimeSleepQueue {
 public:
  class Timer final : public sundog::Timer {
    void fired() override {}
  };

  void insert(Timer& timer, std::uint64_t deadline_ns) {
    queue_.add(timer, TimePoint(Duration(deadline_ns)), next_order_++);
  }
  void cancel(Timer& timer) { queue_.remove(timer); }

  // The earliest timer, taken out; nullptr when there is none.
  Timer* pop(std::uint64_t& deadline_ns) {
    if (queue_.empty()) return nullptr;
    deadline_ns = static_cast<std::uint64_t>(queue_.nearest().time_since_epoch().count());
    return static_cast<Timer*>(&queue_.take_nearest());
  }

 private:
  SleepQueue queue_;
  std::uint32_t next_order_ = 0;
};

}  // namespace sundog::bench
