#include "sundog/timers/sleep_queue.hpp"

#include <algorithm>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

void SleepQueue::add(TimerHook& timer, TimePoint deadline, std::uint32_t order) {
  reserve(size() + 1);
  timer.order_ = order & TimerHook::order_max;
  if (!far_.empty() && deadline >= far_.begin()) {
    far_.add(TimerEntry(deadline, &timer));
    return;
  }
  near_.add(TimerEntry(deadline, &timer));
  if (near_.size() <= near_limit_) [[likely]]
    return;
  if (far_.spread(near_)) {
    SUNDOG_PROBE("a large heap of timers was spread");
  } else {
    SUNDOG_PROBE("a large heap of timers could not be spread");
  }
  // Not again before it has doubled, so that trying costs little for each timer.
  near_limit_ = std::max(near_max, 2 * near_.size());
}

void SleepQueue::remove(TimerHook& timer) noexcept {
  if (timer.place_ >= TimerHook::far_place) {
    far_.remove(timer);
  } else {
    near_.remove(timer);
    refill();
  }
}

TimerHook& SleepQueue::take_nearest() noexcept {
  TimerHook& timer = near_.take_nearest();
  refill();
  return timer;
}

void SleepQueue::grow(std::size_t count) {
  SUNDOG_ASSERT(count <= timers_max, "too many timers are armed at once");
  near_.reserve(count);
  if (count > near_max) far_.reserve(count);
  reserved_ = count;
}

}  // namespace sundog
