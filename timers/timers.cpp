#include "timers/timers.hpp"

namespace sundog {

void Timers::settle() {
  if (incoming_.empty()) return;
  const TimePoint turn_end = now();
  for (const Incoming& incoming : incoming_) {
    const TimePoint deadline = incoming.relative
                                   ? deadline_after(turn_end, incoming.deadline.time_since_epoch())
                                   : incoming.deadline;
    heap_.add(*incoming.timer, deadline, incoming.order);
  }
  incoming_.clear();
}

void Timers::fire_due(TimePoint now) {
  while (heap_.nearest() <= now && !heap_.empty()) heap_.take_nearest().fired();
}

}  // namespace sundog
