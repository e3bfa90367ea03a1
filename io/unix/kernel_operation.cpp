#include "sundog/io/unix/kernel_operation.hpp"

#include <cerrno>
#include <system_error>

#include "sundog/runtime/language/probe.hpp"

namespace sundog {

// What happens all the time stands alone, and the rest in functions that are not inlined: the
// compiler would save registers for it every time.
bool KernelOperation::start(PromiseBase& frame, std::source_location at) {
  UnixPoller& poller = UnixPoller::current();
  if (poller.attempts_first()) return start_after_attempt(poller, frame, at);
  if (suspend(frame, at)) poller.begin(*this);
  return true;
}

[[gnu::noinline]] bool KernelOperation::start_after_attempt(UnixPoller& poller, PromiseBase& frame,
                                                            std::source_location at) {
  if (done_at_once(poller)) return false;
  if (suspend(frame, at)) poller.begin(*this);
  return true;
}

bool KernelOperation::done_at_once(UnixPoller& poller) noexcept {
  while (poller.attempt(*this, result_)) {
    if (result_ < 0 ? !says_nothing(result_) : ends_with(result_)) return true;
  }
  return false;
}

bool KernelOperation::says_nothing(int error) const noexcept {
  return error == -EINTR || error == -EAGAIN;
}

void KernelOperation::fail() const {
  throw std::system_error(-result_, std::system_category(), name());
}

void KernelOperation::completed(int result, bool more, bool left) noexcept {
  SUNDOG_ASSERT(!more, "an operation is answered once");
  bytes_left_ = left;
  result_ = result;
  if (result >= 0 && static_cast<std::size_t>(result) >= enough_) [[likely]] {
    wake();
  } else {
    ended_otherwise();
  }
}

[[gnu::noinline]] void KernelOperation::ended_otherwise() noexcept {
  const bool nothing_done = result_ < 0 && says_nothing(result_);
  if (cancelling_ && (result_ == -ECANCELED || nothing_done)) {
    SUNDOG_PROBE("an operation was cancelled");
    unwind();
  } else if (nothing_done || (result_ >= 0 && !ends_with(result_))) {
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
