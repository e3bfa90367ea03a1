#include "sundog/timers/timers.hpp"

#include <algorithm>

#include "sundog/runtime/language/probe.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog {
namespace {

constexpr std::size_t incoming_first = 16;
constexpr std::size_t cache_line_bytes = 64;

}  // namespace

void Timers::make_room() {
  SUNDOG_PROBE("the list of new timers grew");
  if (incoming_count_ == incoming_.size()) {
    incoming_.resize(std::max(incoming_first, 2 * incoming_.size()));
  }
  queue_.reserve(queue_.size() + incoming_.size());
  incoming_limit_ = static_cast<std::uint32_t>(incoming_.size());
}

void Timers::settle() {
  if (incoming_count_ == 0) return;
  const TimePoint turn_end = now();
  for (std::uint32_t i = 0; i < incoming_count_; ++i) {
    const Incoming& incoming = incoming_[i];
    const TimePoint deadline = incoming.relative
                                   ? deadline_after(turn_end, incoming.deadline.time_since_epoch())
                                   : incoming.deadline;
    queue_.add(*incoming.timer, deadline, incoming.order);
  }
  // A sleep of no time is not held back until the next wake-up for timers.
  if (queue_.nearest() <= turn_end) not_before_ = TimePoint::min();
  incoming_count_ = 0;
  incoming_limit_ = static_cast<std::uint32_t>(std::min(incoming_.size(), queue_.room()));
}

// The sanitizer's look at the object's type goes through a pipe: without a descriptor left, which
// is when listeners wait for this timer, it would take the object for a wrong one.
[[clang::no_sanitize("vptr")]] void Timers::fire(TimerHook& timer) {
  if (timer.kind_ == TimerHook::Kind::sleep) {
    static_cast<detail::SleepWait&>(timer).fired();
  } else {
    static_cast<Timer&>(timer).fired();
  }
}

// In two steps: a timer stands in a frame that nobody has touched since it went to sleep. While the
// next ones are taken out of the queue, the memory of the first is on its way.
void Timers::fire_due(TimePoint now) {
  std::uint32_t count = 0;
  while (count < due_max && !queue_.empty() && queue_.nearest() <= now) {
    TimerHook& timer = queue_.take_nearest();
    // Taking it out has fetched the timer itself; what it tells of its deadline stands before it.
    __builtin_prefetch(reinterpret_cast<const char*>(&timer) - cache_line_bytes);
    timer.place_ = TimerHook::due_place + count;
    due_[count++] = &timer;
  }
  if (count == 0) return;
  due_count_ = count;
  not_before_ = queue_.nearest() <= now ? TimePoint::min() : deadline_after(now, apart_);
  for (std::uint32_t i = 0; i < count; ++i) {
    TimerHook* timer = due_[i];
    if (timer == nullptr) continue;
    --due_count_;
    timer->place_ = TimerHook::nowhere;
    fire(*timer);
  }
}

}  // namespace sundog
