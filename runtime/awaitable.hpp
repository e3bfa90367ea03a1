// Awaitables: what can stand after co_await, and how the combinators take them all.
//
// join, pick, timeout, async and protect run tasks; as_task() makes one of whatever else can be
// awaited, so that `pick(ask(), sleep(1s))` and `timeout(channel.receive(), 5s)` read as they
// should.
//
// The runtime's own waits come as an Operation: what is needed to begin (a deadline, a mutex), free
// to be moved about. Only co_await makes the wait itself of it, in its final place in the awaiting
// frame, where it must stay.
#pragma once

#include <concepts>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sundog/runtime/task.hpp"

namespace sundog {

namespace detail {

template <class A>
decltype(auto) find_awaiter(A&& awaitable) {
  if constexpr (requires { std::forward<A>(awaitable).operator co_await(); }) {
    return std::forward<A>(awaitable).operator co_await();
  } else {
    return std::forward<A>(awaitable);
  }
}

template <class A>
concept HasAwaiter = requires(A&& awaitable) {
  std::forward<A>(awaitable).operator co_await();
} || requires(A&& awaitable) {
  awaitable.await_ready();
  awaitable.await_resume();
};

}  // namespace detail

// What `co_await` of an A gives.
template <class A>
using await_result_t =
    decltype(std::declval<decltype(detail::find_awaiter(std::declval<A>()))>().await_resume());

// An A can be awaited as a temporary.
template <class A>
concept Awaitable = detail::HasAwaiter<std::remove_cvref_t<A>>;

// A wait that has not begun: co_await constructs a Wait from the arguments.
template <class Wait, class... Arguments>
class [[nodiscard]] Operation {
 public:
  explicit Operation(Arguments... arguments) : arguments_(std::move(arguments)...) {}

  Wait operator co_await() && {
    return std::apply([](Arguments&... each) { return Wait(std::move(each)...); }, arguments_);
  }

 private:
  std::tuple<Arguments...> arguments_;
};

namespace detail {

template <class A>
Task<await_result_t<A>> await_moved(A awaitable) {
  co_return co_await std::move(awaitable);
}
template <class A>
Task<await_result_t<A>> await_in_place(A* awaitable) {
  co_return co_await std::move(*awaitable);
}

}  // namespace detail

// A task that awaits `awaitable` and gives what it gives; a task is given back as it is. What
// cannot be moved is referred to: then the task must be awaited in the same expression.
template <class T>
[[nodiscard]] Task<T> as_task(Task<T> task) noexcept {
  return task;
}
template <Awaitable A>
  requires(!std::is_lvalue_reference_v<A>)
[[nodiscard]] Task<await_result_t<A>> as_task(A&& awaitable) {
  if constexpr (std::move_constructible<A>) {
    return detail::await_moved<A>(std::move(awaitable));
  } else {
    return detail::await_in_place<A>(std::addressof(awaitable));
  }
}
template <Awaitable A>
  requires std::copy_constructible<A>
[[nodiscard]] Task<await_result_t<A>> as_task(A& awaitable) {
  return detail::await_moved<A>(awaitable);
}

// The value of the task that as_task(A) makes.
template <class A>
using as_task_value_t = task_value_t<decltype(as_task(std::declval<A>()))>;

}  // namespace sundog
