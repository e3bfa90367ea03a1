// KernelOperation: a task waiting for one request.
//
// The common part of the awaitables of sockets and files. When the task is cancelled, the request
// is taken back from the kernel first; if it had succeeded by then, the task continues with the
// result.
#pragma once

#include <coroutine>
#include <cstddef>
#include <source_location>
#include <string>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/poller.hpp"
#include "sundog/io/unix/request.hpp"
#include "sundog/runtime/job.hpp"

namespace sundog {

class KernelOperation : protected Request, protected Wait {
 public:
  // What is available at once is taken by start(), a single call: less code at each co_await.
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    return start(promise_of(frame), at);
  }

 protected:
  KernelOperation(int descriptor, const Call& what) noexcept : Request(descriptor, what) {}
  ~KernelOperation() = default;

  // What the system call gave: not negative, or a negated errno.
  int result() const noexcept { return result_; }
  // The result, or throws std::system_error naming the system call.
  int value() const {
    if (result_ < 0) [[unlikely]]
      fail(name());
    return result_;
  }
  // Throws the error that is the result: `what` failed.
  [[noreturn]] void fail(const std::string& what) const;

  // False: it is done, and the task goes on.
  bool start(PromiseBase& frame, std::source_location at);
  // For who has a result without asking the kernel.
  void finish(int result) noexcept { result_ = result; }
  void cancel() noexcept override {
    cancelling_ = true;
    UnixPoller::current().cancel(*this);
  }

  // Looks at a result below enough_ before the task continues. False: the request was changed and
  // begins again, as for the rest of a short write. Never called with an error.
  virtual bool finished(int result) noexcept {
    static_cast<void>(result);
    return true;
  }
  // For finished(): a call that did nothing, without an error, would do so again for ever.
  bool got_nowhere() noexcept;
  // Such an error is no result: the request begins again. Interrupted by a signal before it did
  // anything, for all of them.
  virtual bool says_nothing(int error) const noexcept;
  // From the poller. Wakes or unwinds the task, unless the request begins again.
  void completed(int result, bool more, bool left) noexcept override;
  bool cancelling() const noexcept { return cancelling_; }
  // Tries without waiting, where that is worth it.
  UnixPoller::Attempt try_at_once(UnixPoller& poller) noexcept;
  // A result of so many bytes ends the operation, without asking.
  std::size_t enough_ = 0;
  // For receive: the socket holds further bytes, or may.
  bool bytes_left_ = true;

 private:
  bool start_after_attempt(UnixPoller& poller, PromiseBase& frame, std::source_location at);
  void ended_otherwise() noexcept;
  bool ends_with(int result) noexcept {
    return result >= 0 && (static_cast<std::size_t>(result) >= enough_ || finished(result));
  }

  std::string describe() const override {
    return std::string(name()) + " on descriptor " + std::to_string(fd);
  }

  bool cancelling_ = false;
  bool without_thread_ = false;  // it needed one, and there was none
  int result_ = 0;
};

// A write that returns when all of its bytes are written, however many calls that takes.
template <class What>
class WriteAll : public KernelOperation {
 public:
  void await_resume() const { static_cast<void>(value()); }

 protected:
  // The bytes are borrowed until the operation ends.
  WriteAll(int descriptor, const What& what) noexcept : KernelOperation(descriptor, what) {
    enough_ = what.bytes.size();
  }
  ~WriteAll() = default;

  // What has not been written yet.
  Bytes rest() noexcept { return the<What>().bytes; }

 private:
  bool finished(int result) noexcept final {
    if (result == 0) return got_nowhere();
    What& what = the<What>();
    what.bytes = what.bytes.subspan(static_cast<std::size_t>(result));
    enough_ = what.bytes.size();
    if constexpr (requires { what.offset; }) {
      if (what.offset != own_position) what.offset += result;
    }
    return what.bytes.empty();
  }
};

// To pipes and files; at an offset, which must not be beyond the largest of a file.
using WriteOperation = WriteAll<Request::Write>;

}  // namespace sundog
