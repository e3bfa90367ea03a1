// pick: run several tasks at once; the first to end wins, the others are cancelled (Lwt's pick).
//
//   std::variant<int, std::string> first = co_await pick(f(), g());   // index() tells who won
//   const auto same = co_await (f() || g());
//   const Picked<int> fastest = co_await pick(std::move(tasks));      // .index and .value
//
// pick returns when the winner has ended *and* every loser is gone: nothing runs on in the
// background. A failure wins as a value does and is thrown. A loser whose operation completed just
// as it was cancelled runs on to its next wait, or to its end: then its value is destroyed (an
// accepted connection is closed) and its failure logged. Bytes that a loser had read by then go
// with it: where both sides must keep what they read, give each its own task in a scope.
//
// Fair: the tasks begin in an order drawn anew each time, and one that can end without waiting ends
// the pick before the next one begins. So of several such tasks each is equally likely to win, and
// what the others would have taken (a value from a channel, a lock) stays where it is. Each pick
// draws for itself: in pick(pick(a, b), c), which a || b || c also is, c is as likely as a and b
// together. Give one pick all of them.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <source_location>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/branches.hpp"
#include "sundog/runtime/dropped.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// The winner among a vector of tasks.
template <class T>
struct Picked {
  std::size_t index;
  T value;
};
template <>
struct Picked<void> {
  std::size_t index;
};

namespace detail {

class PickOwner : public Branches {
 public:
  std::string describe() const override { return "pick"; }

  std::coroutine_handle<> child_ended(Job& job, bool unwound) noexcept override {
    if (!unwound && winner_ == nullptr) {
      winner_ = &job;
      cancel_all();
    } else if (!unwound) {
      if (std::exception_ptr error = error_of(job)) {
        SUNDOG_PROBE("a loser of a pick failed");
        report_dropped(std::move(error), job.origin());
      }
    }
    if (last_ended()) {
      if (winner_ != nullptr) {
        wake();
      } else {
        SUNDOG_PROBE("a pick ended by cancellation");
        unwind();
      }
    }
    return std::noop_coroutine();
  }

 protected:
  ~PickOwner() = default;
  std::size_t winner_index() const noexcept { return static_cast<std::size_t>(winner_ - jobs_); }
  Job& winner() const noexcept { return *winner_; }
  // The first to start wins if it can end at once, and the others never begin.
  void start_all() { start_in_any_order(); }

 private:
  void cancel_below() noexcept override { cancel_all(); }

  Job* winner_ = nullptr;
};

template <class... Ts>
class PickTuple final : public BranchTuple<PickOwner, Ts...> {
  static_assert(sizeof...(Ts) > 0, "pick needs at least one task: nobody would ever win");

 public:
  using Value = std::variant<Regular<Ts>...>;
  using BranchTuple<PickOwner, Ts...>::BranchTuple;

  bool await_ready() const noexcept { return false; }
  Value await_resume() { return take(std::index_sequence_for<Ts...>()); }

 private:
  template <std::size_t... I>
  Value take(std::index_sequence<I...>) {
    std::optional<Value> value;
    const auto pick_one = [&]<std::size_t Index, class T>(std::type_identity<T>) {
      if (this->winner_index() == Index) {
        value.emplace(std::in_place_index<Index>, this->template take_regular<T>(this->winner()));
      }
    };
    (pick_one.template operator()<I>(std::type_identity<Ts>()), ...);
    return std::move(*value);
  }
};

template <class T>
class PickVector final : public BranchVector<PickOwner, T> {
 public:
  using BranchVector<PickOwner, T>::BranchVector;

  bool await_ready() const noexcept { return false; }
  Picked<T> await_resume() {
    if constexpr (std::is_void_v<T>) {
      this->template result_of<T>(this->winner()).take();
      return {this->winner_index()};
    } else {
      return {this->winner_index(), this->template result_of<T>(this->winner()).take()};
    }
  }
};

}  // namespace detail

// Awaitable of a variant: the alternative of the winner's position; std::monostate stands for void.
template <Awaitable... As>
[[nodiscard]] auto pick(As&&... tasks) {
  return Operation<detail::PickTuple<as_task_value_t<As>...>, Task<as_task_value_t<As>>...>(
      as_task(std::forward<As>(tasks))...);
}

// Awaitable of a Picked<T>. The vector must not be empty.
template <Awaitable A>
[[nodiscard]] auto pick(std::vector<A>&& tasks) {
  SUNDOG_ASSERT(!tasks.empty(), "pick needs at least one task: nobody would ever win");
  using T = as_task_value_t<A>;
  return Operation<detail::PickVector<T>, std::vector<Task<T>>>(as_tasks(std::move(tasks)));
}
template <Awaitable A>
[[nodiscard]] auto pick(const std::vector<A>& tasks) {
  return pick(detail::copy_of(tasks));
}

// Two futures have operators of their own (choose.hpp).
template <Awaitable A, Awaitable B>
  requires(TaskLike<A> || TaskLike<B>)
[[nodiscard]] auto operator||(A&& a, B&& b) {
  return pick(std::forward<A>(a), std::forward<B>(b));
}

}  // namespace sundog
