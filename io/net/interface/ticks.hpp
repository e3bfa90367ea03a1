// Ticks: the one timer of the layers below the transports, and what is told when it goes off.
//
// Whatever has a deadline asks for a tick by then and looks itself at what is due: an early tick
// does no harm. The time is an argument everywhere, so that a test needs no loop.
#pragma once

#include <new>

#include "sundog/runtime/language/list.hpp"
#include "sundog/timers/clock.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog::net {

class Ticked : public ListLink {
 public:
  // Does what is due at `now`, and asks for the next tick if there is more to come.
  virtual void tick(TimePoint now) noexcept = 0;

 protected:
  ~Ticked() = default;
};

class Ticks {
 public:
  virtual TimePoint now() const noexcept = 0;
  // A tick is wanted at this time; earlier wishes stay.
  virtual void tick_at(TimePoint time) noexcept = 0;
  // For as long as it is in the list, it is told of every tick.
  void add(Ticked& one) noexcept { ticked_.add(one); }
  void remove(Ticked& one) noexcept { ticked_.remove(one); }

 protected:
  ~Ticks() = default;
  void tick_all(TimePoint now) noexcept {
    for (Ticked* one = ticked_.first(); one != nullptr; one = ticked_.after(*one)) one->tick(now);
  }

 private:
  List<Ticked> ticked_;
};

// On the loop's timers.
class TimerTicks final : public Ticks, private Timer {
 public:
  ~TimerTicks() {
    if (armed()) Timers::current().cancel(*this);
  }
  TimePoint now() const noexcept override { return Timers::current().now(); }
  void tick_at(TimePoint time) noexcept override {
    if (armed()) {
      if (next_ <= time) return;
      Timers::current().cancel(*this);
    }
    next_ = time;
    try {
      Timers::current().arm_at(*this, time);
    } catch (const std::bad_alloc&) {
      // The next wish arms it.
    }
  }

 private:
  void fired() override { tick_all(now()); }

  TimePoint next_ = never;
};

}  // namespace sundog::net
