#include "sundog/runtime/ready_queue.hpp"

#include "sundog/runtime/job.hpp"

#include "sundog/runtime/language/probe.hpp"

namespace sundog {

void ReadyQueue::push_listed(Job& job) noexcept {
  SUNDOG_PROBE("the ring of ready jobs was full");
  job.queue_next_ = nullptr;
  (listed_count_ == 0 ? first_listed_ : last_listed_->queue_next_) = &job;
  last_listed_ = &job;
  ++listed_count_;
}

void ReadyQueue::refill() noexcept {
  ring_[pushed_++ % ring_jobs] = first_listed_;
  first_listed_ = first_listed_->queue_next_;
  --listed_count_;
  // Wanted when the next job is taken; until then it can come from memory.
  __builtin_prefetch(first_listed_);
}

}  // namespace sundog
