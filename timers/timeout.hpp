// timeout: a task that must end in time.
//
//   const std::size_t count = co_await timeout(flow.read(buffer), 5s);   // or throws timed_out
//   const std::optional<int> answer = co_await try_timeout(ask(), 5s);  // empty when late
//
// At the deadline the task is cancelled, and the call returns once its frames are gone. If the
// task's operation completed just as it was cancelled, the task goes on with it, and if it then
// ends, its value is returned after all: a byte that was read is never dropped. The delay counts
// from the end of the loop's turn, so a timeout is never early.
#pragma once

#include <coroutine>
#include <source_location>
#include <string>
#include <system_error>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/cut_short.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog {

namespace detail {

template <class T>
class TimeoutOwner : public CutShort<T, TimeoutOwner<T>>, private Timer {
 public:
  TimeoutOwner(Task<T> task, Duration delay)
      : CutShort<T, TimeoutOwner<T>>(std::move(task)), delay_(delay) {}
  ~TimeoutOwner() {
    if (this->armed()) Timers::current().cancel(*this);
  }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> frame,
                                        std::source_location at = std::source_location::current()) {
    Timers::current().arm_after(*this, delay_);
    if (!this->attach(frame, at)) {
      SUNDOG_PROBE("a cancelled task came to a timeout");
      withdraw();
      return std::noop_coroutine();
    }
    return this->run_child();
  }

  std::string describe() const override { return "timeout"; }

 private:
  friend class CutShort<T, TimeoutOwner<T>>;

  void withdraw() noexcept { Timers::current().cancel(*this); }
  void fired() override {
    SUNDOG_PROBE("a timeout struck");
    this->cut_short();
  }

  Duration delay_;
};

template <class T>
class Timeout final : public TimeoutOwner<T> {
 public:
  using TimeoutOwner<T>::TimeoutOwner;
  T await_resume() {
    if (this->was_cut_short()) throw std::system_error(std::make_error_code(std::errc::timed_out));
    return this->take();
  }
};

template <class T>
class TryTimeout final : public TimeoutOwner<T> {
 public:
  using TimeoutOwner<T>::TimeoutOwner;
  auto await_resume() { return this->value_if_any(); }
};

}  // namespace detail

// Awaitable of the value of a task, or of whatever else can be awaited; throws std::system_error
// with std::errc::timed_out when it was cancelled by the deadline.
template <Awaitable A, class Rep, class Period>
[[nodiscard]] auto timeout(A&& task, std::chrono::duration<Rep, Period> delay) {
  using T = as_task_value_t<A>;
  return Operation<detail::Timeout<T>, Task<T>, Duration>(as_task(std::forward<A>(task)),
                                                          saturate(delay));
}

// The same without an exception: an empty optional, or false for a task without value, when it was
// late.
template <Awaitable A, class Rep, class Period>
[[nodiscard]] auto try_timeout(A&& task, std::chrono::duration<Rep, Period> delay) {
  using T = as_task_value_t<A>;
  return Operation<detail::TryTimeout<T>, Task<T>, Duration>(as_task(std::forward<A>(task)),
                                                             saturate(delay));
}

}  // namespace sundog
