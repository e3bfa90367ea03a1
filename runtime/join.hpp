// join: run several tasks at once and wait for all of them (Lwt's join and <&>).
//
//   auto [a, b] = co_await join(f(), g());       // a tuple; std::monostate stands for void
//   std::vector<int> all = co_await join(std::move(tasks));
//   co_await (f() && g());
//
// Every task runs to its end, also when another has failed; then the first failure (in time) comes
// out and later ones are logged. Where one failure should stop the others, use scope(). Cancelling
// the join cancels all of its tasks and waits for them.
#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/branches.hpp"
#include "sundog/runtime/dropped.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace detail {

class JoinOwner : public Branches {
 public:
  std::string describe() const override { return "join"; }

  std::coroutine_handle<> child_ended(Job& job, bool unwound) noexcept override {
    if (unwound) {
      unwound_ = true;
    } else if (std::exception_ptr error = error_of(job)) {
      if (error_ == nullptr) {
        error_ = std::move(error);
      } else {
        SUNDOG_PROBE("a second branch of a join failed");
        report_dropped(std::move(error), job.origin());
      }
    }
    if (last_ended()) {
      if (unwound_ && error_ == nullptr) {
        SUNDOG_PROBE("a join ended by cancellation");
        unwind();
      } else {
        wake();
      }
    }
    return std::noop_coroutine();
  }

 protected:
  ~JoinOwner() = default;
  void start_all() {
    start_in_order();
    if (count_ == 0) wake();
  }
  // A join of nothing ends at once, but not without end.
  static bool ends_at_once() noexcept { return Scheduler::current().may_go_on(); }
  void rethrow() const {
    if (error_ != nullptr) std::rethrow_exception(error_);
  }

 private:
  void cancel_below() noexcept override { cancel_all(); }

  std::exception_ptr error_;
  bool unwound_ = false;
};

template <class... Ts>
class JoinTuple final : public BranchTuple<JoinOwner, Ts...> {
 public:
  using BranchTuple<JoinOwner, Ts...>::BranchTuple;

  bool await_ready() const noexcept { return sizeof...(Ts) == 0 && this->ends_at_once(); }
  auto await_resume() {
    this->rethrow();
    if constexpr ((std::is_void_v<Ts> && ...)) {
      return;
    } else {
      return take_all(std::index_sequence_for<Ts...>());
    }
  }

 private:
  template <std::size_t... I>
  std::tuple<Regular<Ts>...> take_all(std::index_sequence<I...>) {
    return {this->template take_regular<Ts>(this->jobs_[I])...};
  }
};

template <class T>
class JoinVector final : public BranchVector<JoinOwner, T> {
 public:
  using BranchVector<JoinOwner, T>::BranchVector;

  bool await_ready() const noexcept { return this->no_tasks() && this->ends_at_once(); }
  auto await_resume() {
    this->rethrow();
    if constexpr (!std::is_void_v<T>) {
      std::vector<T> values;
      values.reserve(this->count_);
      for (std::size_t i = 0; i < this->count_; ++i) {
        values.push_back(this->template result_of<T>(this->jobs_[i]).take());
      }
      return values;
    }
  }
};

}  // namespace detail

// Awaitable of a tuple of all results, or of nothing when all tasks are void.
template <Awaitable... As>
[[nodiscard]] auto join(As&&... tasks) {
  return Operation<detail::JoinTuple<as_task_value_t<As>...>, Task<as_task_value_t<As>>...>(
      as_task(std::forward<As>(tasks))...);
}

// Awaitable of a vector of all results, in the order of the tasks.
template <TaskLike A>
[[nodiscard]] auto join(std::vector<A>&& tasks) {
  using T = as_task_value_t<A>;
  return Operation<detail::JoinVector<T>, std::vector<Task<T>>>(as_tasks(std::move(tasks)));
}
template <TaskLike A>
[[nodiscard]] auto join(const std::vector<A>& tasks) {
  return join(detail::copy_of(tasks));
}

// Two futures have operators of their own (choose.hpp).
template <Awaitable A, Awaitable B>
  requires(TaskLike<A> || TaskLike<B>)
[[nodiscard]] auto operator&&(A&& a, B&& b) {
  return join(std::forward<A>(a), std::forward<B>(b));
}

}  // namespace sundog
