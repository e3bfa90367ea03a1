#include "timers/timers.hpp"

#include "runtime/probe.hpp"

#include <algorithm>

namespace sundog {
namespace {

constexpr std::size_t incoming_first = 16;

}  // namespace

void Timers::make_room() {
  SUNDOG_PROBE("the list of new timers grew");
  if (incoming_count_ == incoming_.size()) {
    incoming_.resize(std::max(incoming_first, 2 * incoming_.size()));
  }
  heap_.reserve(heap_.size() + incoming_.size());
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
    heap_.add(*incoming.timer, deadline, incoming.order);
  }
  incoming_count_ = 0;
  incoming_limit_ = static_cast<std::uint32_t>(std::min(incoming_.size(), heap_.room()));
}

void Timers::fire_due(TimePoint now) {
  while (heap_.nearest() <= now && !heap_.empty()) heap_.take_nearest().fired();
}

}  // namespace sundog
