// yield(): lets every other ready job run before this one goes on.
#pragma once

#include <coroutine>
#include <source_location>
#include <string>

#include "runtime/job.hpp"

namespace sundog {

namespace detail {

class YieldAwaiter final : private Wait {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (suspend(frame, at)) wake();
  }
  void await_resume() const noexcept {}

 private:
  void cancel() noexcept override {}  // never called: a yielding job is ready, not waiting
  std::string describe() const override { return "yield"; }
};

}  // namespace detail

// co_await yield(): the job goes to the end of the ready queue.
[[nodiscard]] inline detail::YieldAwaiter yield() { return {}; }

}  // namespace sundog
