// KernelOperation: a task waiting for one request.
//
// The common part of the awaitables of sockets and files. When the task is cancelled, the request
// is taken back from the kernel first; if it had succeeded by then, the task continues with the
// result.
#pragma once

#include <cerrno>
#include <coroutine>
#include <source_location>
#include <string>
#include <system_error>

#include "io/unix/poller.hpp"
#include "io/unix/request.hpp"
#include "runtime/job.hpp"

namespace sundog {

class KernelOperation : protected Wait, protected Request {
 public:
  bool await_ready() noexcept;
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (suspend(frame, at)) UnixPoller::current().begin(*this);
  }

 protected:
  ~KernelOperation() = default;

  // What the system call gave: not negative, or a negated errno.
  int result() const noexcept { return result_; }
  // The result, or throws std::system_error naming the system call.
  int value() const {
    if (result_ < 0) [[unlikely]]
      throw std::system_error(-result_, std::system_category(), name());
    return result_;
  }

  // Looks at a result before the task continues. False: the request was changed and begins again,
  // as for the rest of a short write. Never called with an error.
  virtual bool finished(int result) noexcept {
    static_cast<void>(result);
    return true;
  }
  // For receive: the socket holds further bytes, or may.
  bool bytes_left_ = true;

 private:
  std::string describe() const override {
    return std::string(name()) + " on descriptor " + std::to_string(fd);
  }
  void cancel() noexcept override {
    cancelling_ = true;
    UnixPoller::current().cancel(*this);
  }
  void completed(int result, bool more, bool left) noexcept override;

  int result_ = 0;
  bool cancelling_ = false;
};

}  // namespace sundog
