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

#include "io/flow.hpp"
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

// A write that returns when all of its buffer is written, however many calls that takes.
class WriteOperation : public KernelOperation {
 public:
  void await_resume() const { static_cast<void>(value()); }

 protected:
  // `bytes` are borrowed until the operation ends. `at` is the offset in a file; -1 for streams.
  WriteOperation(Code what, int descriptor, Bytes bytes, std::int64_t at = -1) noexcept {
    code = what;
    fd = descriptor;
    buffer = const_cast<std::byte*>(bytes.data());  // the kernel only reads it
    size = bytes.size();
    offset = at;
  }
  ~WriteOperation() = default;

 private:
  bool finished(int result) noexcept final {
    buffer = static_cast<std::byte*>(buffer) + result;
    size -= static_cast<std::size_t>(result);
    if (offset >= 0) offset += result;
    return size == 0;
  }
};

}  // namespace sundog
