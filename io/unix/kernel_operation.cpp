#include "io/unix/kernel_operation.hpp"

#include "runtime/probe.hpp"

namespace sundog {

bool KernelOperation::await_ready() noexcept {
  UnixPoller& poller = UnixPoller::current();
  while (poller.attempt(*this, result_)) {
    if (result_ != -EINTR && (result_ < 0 || finished(result_))) return true;
  }
  return false;
}

void KernelOperation::completed(int result, bool more, bool left) noexcept {
  SUNDOG_ASSERT(!more, "an operation is answered once");
  bytes_left_ = left;
  result_ = result;
  // Interrupted by a signal before it did anything: as if it had not been asked yet.
  const bool nothing_done = result == -EINTR || result == -EAGAIN;
  if (cancelling_ && (result == -ECANCELED || nothing_done)) {
    SUNDOG_PROBE("an operation was cancelled");
    unwind();
  } else if (nothing_done || (result >= 0 && !finished(result))) {
    if (cancelling_) {
      SUNDOG_PROBE("a part was done when the cancellation came");
      // A part was done and the rest is not wanted any more.
      unwind();
    } else {
      SUNDOG_PROBE("an operation was begun again");
      UnixPoller::current().begin(*this);
    }
  } else {
    wake();
  }
}

}  // namespace sundog
