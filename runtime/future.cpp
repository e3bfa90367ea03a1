#include "sundog/runtime/future.hpp"

#include "sundog/runtime/language/probe.hpp"

namespace sundog::detail {

void ResolutionQueue::call_all(Resolved* first) noexcept {
  Resolved* last = first;
  while (last->next != nullptr) last = last->next;
  if (first_ == nullptr) {
    first_ = first;
  } else {
    last_->next = first;
  }
  last_ = last;
  if (calling_) {
    SUNDOG_PROBE("a future was resolved by the resolution of another");
    return;
  }
  calling_ = true;
  while (Resolved* waiter = first_) {
    first_ = waiter->next;
    waiter->resolved();
  }
  calling_ = false;
}

}  // namespace sundog::detail
