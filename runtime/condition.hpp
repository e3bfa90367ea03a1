// Condition<T>: waiting until somebody says so, with a value (Lwt_condition).
//
//   while (!something) co_await changed.wait(guard);    // guard: of the mutex over `something`
//   changed.signal();                                   // one of them; broadcast(): all
//
// A signal that nobody waits for is forgotten, and so is one whose task is cancelled before it acts
// on it: where each event must count, use a Semaphore, an Mvar or a Channel.
#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/result.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog {

template <class T = void>
class Condition {
 public:
  class ConditionWait final : private QueuedWait {
   public:
    explicit ConditionWait(Condition* condition) noexcept : condition_(*condition) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame,
                       std::source_location at = std::source_location::current()) {
      wait_in(condition_.waiters_, frame, at);
    }
    T await_resume() { return result_.take(); }

   private:
    friend class Condition;
    std::string describe() const override { return "condition"; }
    const Job* waits_for(std::size_t index) const noexcept override {
      return index == 0 ? condition_.last_signaller_ : nullptr;
    }
    Condition& condition_;
    Result<T> result_;
  };

  // Awaitable of the value of the next signal or broadcast.
  [[nodiscard]] Operation<ConditionWait, Condition*> wait() {
    return Operation<ConditionWait, Condition*>(this);
  }
  // Unlocks, waits, and locks again, also when the wait ends with an exception. The guard must
  // outlive the wait.
  [[nodiscard]] Task<T> wait(Mutex::Guard& guard) {
    Mutex& mutex = *guard.mutex();
    guard.unlock();
    std::exception_ptr failure;
    Result<T> result;
    try {
      if constexpr (std::is_void_v<T>) {
        co_await wait();
      } else {
        result.set_value(co_await wait());
      }
    } catch (...) {
      SUNDOG_PROBE("a wait for a condition failed while its mutex was open");
      failure = std::current_exception();
    }
    guard = co_await mutex.lock();
    if (failure != nullptr) std::rethrow_exception(failure);
    co_return result.take();
  }

  // Wakes the task that has waited longest. A value that is not void is moved to it, or dropped.
  template <class... U>
    requires(std::is_void_v<T> ? sizeof...(U) == 0 : sizeof...(U) == 1)
  void signal(U&&... value) {
    last_signaller_ = Scheduler::running_job();
    if (waiters_.empty()) {
      SUNDOG_PROBE("a signal that nobody waited for");
      return;
    }
    first().result_.set_value(std::forward<U>(value)...);
    waiters_.wake_first();
  }
  // Wakes all of them, each with a copy of the value.
  template <class... U>
    requires(std::is_void_v<T> ? sizeof...(U) == 0 : sizeof...(U) == 1)
  void broadcast(const U&... value) {
    last_signaller_ = Scheduler::running_job();
    while (!waiters_.empty()) signal(value...);
  }
  // Makes all waits throw.
  void broadcast_exn(const std::exception_ptr& error) {
    while (!waiters_.empty()) {
      first().result_.set_exception(error);
      waiters_.wake_first();
    }
  }

  std::size_t waiter_count() const noexcept { return waiters_.size(); }

 private:
  ConditionWait& first() const noexcept { return static_cast<ConditionWait&>(*waiters_.first()); }

  // For reports of deadlocks only: it may be gone.
  const Job* last_signaller_ = nullptr;
  WaitQueue waiters_;
};

}  // namespace sundog
