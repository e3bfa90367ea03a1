#include "sundog/runtime/future.hpp"

#include "sundog/runtime/language/probe.hpp"

namespace sundog::detail {

void ResolutionQueue::call_all(List<Resolved>& waiters) noexcept {
  if (called_ != nullptr) {
    SUNDOG_PROBE("a future was resolved by the resolution of another");
    called_->append(waiters);
    return;
  }
  List<Resolved> called;
  called.append(waiters);
  called_ = &called;
  while (Resolved* waiter = called.take_first()) waiter->resolved();
  called_ = nullptr;
}

}  // namespace sundog::detail
