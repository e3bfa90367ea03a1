// Timer: something that happens at a time, and how the structures of this room keep hold of it.
#pragma once

#include <cstdint>

#include "sundog/timers/clock.hpp"

namespace sundog {

// What the structures write into a timer: where it is, so that it can be taken out. Two words of 32
// bits and nothing virtual, for it stands in the frame of every sleeping task.
class TimerHook {
 public:
  TimerHook(const TimerHook&) = delete;
  TimerHook& operator=(const TimerHook&) = delete;

  // Whether it waits for its deadline.
  bool armed() const noexcept { return place_ != nowhere; }

 protected:
  // Who is told when the deadline has passed: a sleeping task is woken, everything else is a Timer.
  enum class Kind : std::uint32_t { sleep, timer };
  explicit TimerHook(Kind kind) noexcept : kind_(kind), order_(0) {}
  ~TimerHook() = default;

 private:
  friend class FarTimers;
  friend class SleepHeap;
  friend class SleepQueue;
  friend class Timers;

  // The places, from below: in the heap, far, due, newly armed (see timers.hpp).
  static constexpr std::uint32_t far_place = std::uint32_t{1} << 30;
  static constexpr std::uint32_t due_place = (std::uint32_t{1} << 31) - (1 << 16);
  static constexpr std::uint32_t incoming_place = std::uint32_t{1} << 31;
  static constexpr std::uint32_t nowhere = UINT32_MAX;
  static constexpr std::uint32_t order_max = UINT32_MAX >> 1;

  // Of two timers with one deadline, which was armed first: the counter of those armed wraps
  // around.
  bool before(const TimerHook& other) const noexcept {
    return static_cast<std::int32_t>((order_ - other.order_) << 1) < 0;
  }

  std::uint32_t place_ = nowhere;
  Kind kind_ : 1;
  std::uint32_t order_ : 31;
};

// Something that happens at a time. Its address is stable while it is armed. Derive from it and
// override fired().
class Timer : public TimerHook {
 public:
  Timer() noexcept : TimerHook(Kind::timer) {}

 protected:
  ~Timer() = default;

 private:
  friend class Timers;

  // The deadline has passed; the timer is no longer armed and may be armed again, or destroyed,
  // from here.
  virtual void fired() = 0;
};

// What the structures hold of a timer: they compare deadlines without touching the timer, which is
// somewhere in memory.
struct TimerEntry {
  TimePoint deadline;
  TimerHook* timer;
};

}  // namespace sundog
