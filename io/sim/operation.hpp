// Operation: a task of a simulated host that waits for a call.
//
// co_await gives the call's result as the kernel gave it: not negative, or a negated errno. The
// loops that make whole reads and writes out of these, and what to do about EINTR, are in the
// classes above (flow.hpp, datagram.hpp, disk.hpp).
#pragma once

#include <cerrno>
#include <coroutine>
#include <source_location>
#include <string>
#include <system_error>

#include "sundog/io/sim/call.hpp"
#include "sundog/io/sim/host.hpp"
#include "sundog/runtime/job.hpp"

namespace sundog::sim {

class Operation : protected Wait, protected Call {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (suspend(frame, at)) host_.poller().begin(*this);
  }
  int await_resume() const noexcept { return result_; }

 protected:
  explicit Operation(Host& host) noexcept : host_(host) {}
  ~Operation() = default;

  // Where the operation runs.
  Host& host_;

 private:
  std::string describe() const override {
    return std::string(name()) + " on #" + std::to_string(object());
  }
  void cancel() noexcept override { host_.poller().cancel(*this); }
  void completed(int result) noexcept override {
    result_ = result;
    if (result == -ECANCELED) {
      unwind();
    } else {
      wake();
    }
  }

  int result_ = 0;
};

// Whether the kernel only asks to try once more.
inline bool try_once_more(int result) noexcept { return result == -EINTR || result == -EAGAIN; }
// Whether something ran out that others will give back: worth another try a little later.
inline bool exhausted(int result) noexcept {
  return result == -EMFILE || result == -ENOMEM || result == -ENOBUFS;
}
// How long until then.
inline constexpr Duration exhausted_pause = std::chrono::milliseconds(10);

// The program closed what the call names after it was begun.
inline constexpr int closed_meanwhile = -EBADF;

// As std::system_error; `result` is a negated errno, `what` the operation.
[[noreturn]] inline void throw_error(int result, const std::string& what) {
  if (result == closed_meanwhile) {
    throw std::system_error(ECANCELED, std::generic_category(), what + ": it was closed");
  }
  throw std::system_error(-result, std::generic_category(), what);
}
// For a call that names what was closed before.
[[noreturn]] inline void throw_closed(const std::string& what) {
  throw std::system_error(EBADF, std::generic_category(), what);
}

}  // namespace sundog::sim
