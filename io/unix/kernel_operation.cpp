#include "sundog/io/unix/kernel_operation.hpp"

#include <cerrno>
#include <system_error>

#include "sundog/io/unix/failure.hpp"
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
  const UnixPoller::Attempt attempt = try_at_once(poller);
  if (attempt == UnixPoller::Attempt::done) return false;
  if (suspend(frame, at)) poller.begin_after(attempt, *this);
  return true;
}

UnixPoller::Attempt KernelOperation::try_at_once(UnixPoller& poller) noexcept {
  for (;;) {
    const UnixPoller::Attempt attempt = poller.attempt(*this, result_);
    if (attempt != UnixPoller::Attempt::done) return attempt;
    if (result_ < 0 ? !says_nothing(result_) : ends_with(result_)) return attempt;
  }
}

bool KernelOperation::got_nowhere() noexcept {
  result_ = -EIO;
  return true;
}

bool KernelOperation::says_nothing(int error) const noexcept {
  return error == -EINTR || error == -EAGAIN;
}

void KernelOperation::fail(const std::string& what) const {
  const int error = -result_;
  if (without_thread_) {
    throw std::system_error(EAGAIN, std::system_category(),
                            what +
                                ": it takes a thread and none can be started (ulimit -u, or the "
                                "container's pids.max)");
  }
  throw failure(error, error == ECANCELED ? what + ": the descriptor was closed" : what);
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
  const bool nothing_done = result_ < 0 && (result_ == -ECANCELED || says_nothing(result_));
  if (!nothing_done && (result_ < 0 || ends_with(result_))) {
    wake();
  } else if (cancelling_) {
    // A part may be done; the rest is not wanted any more.
    SUNDOG_PROBE("an operation was cancelled");
    unwind();
  } else if (closed() || result_ == -ECANCELED) {
    if (!closed()) {
      SUNDOG_PROBE("there was no thread for a file's request");
      without_thread_ = true;
    }
    result_ = -ECANCELED;
    wake();
  } else {
    SUNDOG_PROBE("an operation was begun again");
    UnixPoller::current().begin(*this);
  }
}

}  // namespace sundog
