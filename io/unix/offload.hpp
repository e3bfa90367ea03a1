// offload: blocking or long work, on a thread, awaited like anything else (Lwt_preemptive.detach).
//
//   const std::uint64_t sum = co_await offload([data] { return checksum(data); });
//
// The function runs on a thread of the process's pool; it must not touch tasks, futures or anything
// of the loop. Its value or exception comes out of the co_await. Cancelled before a thread took it,
// it never runs; cancelled later, it runs to its end and its result is discarded, and the
// cancellation waits for that: captures by reference stay valid. Throws std::system_error,
// resource_unavailable_try_again, where the process has no thread and can start none; the function
// has not been called then.
//
// After fork() the child has threads of its own as soon as it needs them. What was offloaded before
// the fork is done in the parent only (io/unix/fork.hpp says what else a child may do).
#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "sundog/io/unix/poller.hpp"
#include "sundog/io/unix/thread_pool.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/result.hpp"

namespace sundog {

namespace detail {

template <class Function>
class Offload final : private Wait, private ThreadPool::Work, private Posted {
 public:
  using Value = std::invoke_result_t<Function&>;

  explicit Offload(Function function) : function_(std::move(function)) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    poller_ = &UnixPoller::current();
    // Whatever can fail comes first: a task that waits for work nobody has would wait for ever.
    ThreadPool::shared().ensure_thread();
    if (!suspend(frame, at)) return;
    poller_->add_poster();
    ThreadPool::shared().add(*this);
  }
  Value await_resume() { return result_.take(); }

 private:
  std::string describe() const override { return "offloaded work"; }
  void run() noexcept override {
    try {
      if constexpr (std::is_void_v<Value>) {
        function_();
      } else {
        result_.set_value(function_());
      }
    } catch (...) {
      SUNDOG_PROBE("offloaded work failed");
      result_.set_exception(std::current_exception());
    }
    poller_->post(*this);
  }
  void arrived() noexcept override {
    poller_->remove_poster();
    if (cancelled_) {
      SUNDOG_PROBE("offloaded work was cancelled while it ran");
      unwind();
    } else {
      wake();
    }
  }
  void cancel() noexcept override {
    cancelled_ = true;
    if (ThreadPool::shared().take_back(*this)) {
      SUNDOG_PROBE("offloaded work was cancelled before it began");
      poller_->remove_poster();
      unwind();
    }
  }

  Function function_;
  Result<Value> result_;
  UnixPoller* poller_ = nullptr;
  bool cancelled_ = false;
};

}  // namespace detail

// Awaitable of fn's value. fn, which may be movable only, is called without arguments, on another
// thread.
template <class Function>
[[nodiscard]] auto offload(Function fn) {
  return Operation<detail::Offload<Function>, Function>(std::move(fn));
}

}  // namespace sundog
