// yield(): lets every other ready job run before this one goes on.
#pragma once

#include <coroutine>
#include <type_traits>

#include "sundog/runtime/job.hpp"
#include "sundog/runtime/link.hpp"

namespace sundog {

namespace detail {

// Not a Wait: a job that yields is ready all the time.
class YieldAwaiter {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame) const {
    static_assert(std::is_base_of_v<PromiseBase, Promise>,
                  "only coroutines of this runtime (Task, Stream) can wait");
    Scheduler::current().yield(frame.promise());
  }
  void await_resume() const noexcept {}
};

}  // namespace detail

// co_await yield(): the job goes to the end of the ready queue. A job that is cancelled ends here.
[[nodiscard]] inline detail::YieldAwaiter yield() { return {}; }

}  // namespace sundog
