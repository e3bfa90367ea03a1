// protect: a task that runs to its end although its parent is cancelled (Lwt's protected, turned around).
//
//   co_await protect(send_farewell(flow));
//
// Cancellation stops at the protect; when the task has ended, its value comes out as usual and the parent is stopped at its
// next wait. Inside, a task can ask with cancel_requested(), and be told with `co_await until_cancelled()`: for instance to
// hurry. A protected task that never ends holds up whoever cancelled: give it a timeout.
#pragma once

#include <coroutine>
#include <source_location>
#include <string>
#include <utility>

#include "runtime/job.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/single_child.hpp"
#include "runtime/task.hpp"

namespace sundog {

namespace detail {

// Tells the tasks below a protect() that it was cancelled.
class CancellationSignal {
 public:
  class Listener {
   public:
    virtual void told() = 0;
    Listener* next = nullptr;
    Listener* previous = nullptr;

   protected:
    ~Listener() = default;
  };
  void add(Listener& listener) noexcept {
    listener.next = first_;
    listener.previous = nullptr;
    if (first_ != nullptr) first_->previous = &listener;
    first_ = &listener;
  }
  void remove(Listener& listener) noexcept {
    if (listener.previous != nullptr) {
      listener.previous->next = listener.next;
    } else {
      first_ = listener.next;
    }
    if (listener.next != nullptr) listener.next->previous = listener.previous;
  }
  void tell() {
    while (first_ != nullptr) {
      Listener& listener = *first_;
      remove(listener);
      listener.told();
    }
  }

 private:
  Listener* first_ = nullptr;
};

template <class T>
class Protect final : public SingleChild<T>, public CancellationSignal {
 public:
  using SingleChild<T>::SingleChild;

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(
      std::coroutine_handle<Promise> frame,
      std::source_location at = std::source_location::current()) {
    if (!this->attach(frame, at)) return std::noop_coroutine();
    return this->run_child();
  }
  T await_resume() { return this->take(); }

  std::string describe() const override { return "protect"; }
  CancellationSignal* cancellation_signal() noexcept override { return this; }

  std::coroutine_handle<> child_ended(Job&, bool unwound) noexcept override {
    SUNDOG_ASSERT(!unwound, "nobody cancels a protected task");
    return this->continue_inline();
  }

 private:
  void cancel() noexcept override { tell(); }
};

// The nearest protect() above the running job, or null.
inline CancellationSignal* nearest_signal() noexcept {
  for (Job* job = Scheduler::current().running(); job != nullptr; job = job->owner().job()) {
    if (CancellationSignal* signal = job->owner().cancellation_signal()) return signal;
  }
  return nullptr;
}

class UntilCancelled final : private Wait, private CancellationSignal::Listener {
 public:
  bool await_ready() const noexcept;
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (!suspend(frame, at)) return;
    signal_ = nearest_signal();
    if (signal_ != nullptr) signal_->add(*this);
  }
  void await_resume() const noexcept {}

 private:
  std::string describe() const override { return "until_cancelled"; }
  void told() override { wake(); }
  void cancel() noexcept override {
    if (signal_ != nullptr) signal_->remove(*this);
    unwind();
  }

  CancellationSignal* signal_ = nullptr;
};

}  // namespace detail

// Awaitable of the task's value; see above.
template <class T>
[[nodiscard]] detail::Protect<T> protect(Task<T> task) {
  return detail::Protect<T>(std::move(task));
}

// Somebody above the running task was cancelled, though a protect() may stand between.
inline bool cancel_requested() noexcept {
  for (Job* job = Scheduler::current().running(); job != nullptr; job = job->owner().job()) {
    if (job->cancel_requested()) return true;
  }
  return false;
}

inline bool detail::UntilCancelled::await_ready() const noexcept {
  return nearest_signal() != nullptr && sundog::cancel_requested();
}

// Waits until the nearest protect() above is cancelled. Outside of one it waits for ever: a task that is cancelled there
// simply ends.
[[nodiscard]] inline detail::UntilCancelled until_cancelled() { return {}; }

}  // namespace sundog
