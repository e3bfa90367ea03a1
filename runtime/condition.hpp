// Condition<T>: waiting until another task signals, with a value (Lwt_condition).
//
//   while (!something) co_await changed.wait(guard);    // guard: of the mutex over `something`
//   changed.signal();                                   // one of them; broadcast(): all
//
// A signal that nobody waits for is forgotten, and so is one whose task is cancelled before it acts
// on it: where each event must count, use a Semaphore, an Mvar or a Channel. A task that was
// signalled and then cancelled, while it waits for its mutex, goes on to its next wait.
#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/relocking_wait.hpp"
#include "sundog/runtime/result.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog {

template <class T = void>
class Condition {
 public:
  class ConditionWait final : private RelockingWait {
   public:
    ConditionWait(Condition* condition, Mutex::Guard* guard) noexcept
        : RelockingWait(guard), condition_(*condition) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame,
                       std::source_location at = std::source_location::current()) {
      if (!suspend(frame, at)) return;
      condition_.waiters_.add(*this);
      open_mutex();
    }
    T await_resume() {
      fill_guard();
      return result_.take();
    }

   private:
    friend class Condition;
    std::string describe() const override {
      return relocking() ? "condition (for its mutex)" : "condition";
    }
    const Job* waits_for(std::size_t index) const noexcept override {
      if (index > 0) return nullptr;
      return relocking() ? mutex_holder() : condition_.last_signaller_;
    }
    Condition& condition_;
    Result<T> result_;
  };
  // What wait() gives: awaited at once, in the full expression that makes it.
  using Awaited = Operation<ConditionWait, Condition*, Mutex::Guard*>;

  // Awaitable of the value of the next signal or broadcast.
  [[nodiscard]] Awaited wait() { return Awaited(this, nullptr); }
  // The same for who is inside a mutex: unlocks it, waits, and locks it again, however the wait
  // ends: also when it throws, or is cancelled. The guard must hold the mutex, outlive the wait and
  // stay in its place; while it waits the guard is empty.
  [[nodiscard]] Awaited wait(Mutex::Guard& guard) { return Awaited(this, &guard); }

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
    end_first();
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
      end_first();
    }
  }

  // How many tasks wait for a signal.
  std::size_t waiter_count() const noexcept { return waiters_.size(); }

 private:
  ConditionWait& first() const noexcept { return static_cast<ConditionWait&>(*waiters_.first()); }
  void end_first() {
    static_cast<ConditionWait&>(waiters_.take_first()).end(ConditionWait::How::woken);
  }

  // For reports of deadlocks only: it may be gone.
  const Job* last_signaller_ = nullptr;
  WaitQueue waiters_;
};

}  // namespace sundog
