// Ticks on a clock that a test turns.
#pragma once

#include <algorithm>
#include <chrono>

#include "sundog/io/net/interface/ticks.hpp"

namespace sundog::test {

class MadeUpTicks final : public net::Ticks {
 public:
  TimePoint now() const noexcept override { return now_; }
  void tick_at(TimePoint time) noexcept override { next_ = std::min(next_, time); }

  // Lets so much time pass, with all ticks that were asked for meanwhile.
  void pass(Duration time) {
    const TimePoint end = now_ + time;
    while (next_ <= end) {
      now_ = std::max(now_, next_);
      next_ = never;
      tick_all(now_);
    }
    now_ = end;
  }
  bool idle() const noexcept { return next_ == never; }

 private:
  TimePoint now_{std::chrono::hours(1)};
  TimePoint next_ = never;
};

}  // namespace sundog::test
