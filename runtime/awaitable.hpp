// Awaitables: what can stand after co_await, and how everything that runs tasks takes them all.
//
// run, spawn, async, join, pick, timeout and protect run tasks; as_task() makes one of whatever
// else can be awaited, so that `pick(ask(), sleep(1s))`, `timeout(channel.receive(), 5s)` and
// `run(sleep(1s))` read as they should.
//
// Lifetimes: as_task() moves what it is given into the new task's frame, so that the task may be
// kept and run anywhere, and long after the expression that made it. What is named must be moved or
// copied by the caller, as with any other value. What an awaitable itself refers to (the buffer of
// a read, the mutex of a lock) stays the caller's and must outlive the task.
//
// For this to work the runtime's own waits come as an Operation: what is needed to begin (a
// deadline, a mutex), free to be moved about. Only co_await makes the wait itself of it, in its
// final place in the awaiting frame, where it must stay. An awaitable that cannot be moved does not
// become a task; the compiler says so.
#pragma once

#include <concepts>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "sundog/runtime/task.hpp"

namespace sundog {

template <class T>
class Future;

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
concept HasAwaiter = requires(A&& awaitable) { std::forward<A>(awaitable).operator co_await(); } ||
                     requires(A&& awaitable) {
                       awaitable.await_ready();
                       awaitable.await_resume();
                     };

template <class T>
inline constexpr bool is_future = false;
template <class T>
inline constexpr bool is_future<Future<T>> = true;

}  // namespace detail

// What `co_await` of an A gives.
template <class A>
using await_result_t =
    decltype(std::declval<decltype(detail::find_awaiter(std::declval<A>()))>().await_resume());

// An A can be awaited as a temporary.
template <class A>
concept Awaitable = detail::HasAwaiter<std::remove_cvref_t<A>>;

// Any of them but a future: where futures have a form of their own that gives a future again, as
// join() and the operators && and ||, the form for tasks leaves them to it.
template <class A>
concept TaskLike = Awaitable<A> && !detail::is_future<std::remove_cvref_t<A>>;

// A wait that has not begun: co_await constructs a Wait from the arguments.
template <class Wait, class... Arguments>
class [[nodiscard]] Operation {
 public:
  explicit Operation(Arguments... arguments) : arguments_(std::forward<Arguments>(arguments)...) {}

  Wait operator co_await() && {
    return std::apply([](auto&... each) { return Wait(static_cast<Arguments&&>(each)...); },
                      arguments_);
  }

 private:
  std::tuple<Arguments...> arguments_;
};

namespace detail {

// Conditions for an A, as a forwarding reference deduces it, to become a task.
template <class A>
concept MovedIfTask = !is_task<std::remove_cvref_t<A>> || std::is_same_v<A, std::remove_cvref_t<A>>;
template <class A>
concept Movable = std::move_constructible<std::remove_cvref_t<A>>;
template <class A>
concept CopiedOrMoved = !Movable<A> || is_task<std::remove_cvref_t<A>> ||
                        std::is_constructible_v<std::remove_cvref_t<A>, A>;

// What is asked first of whatever is given where a task is wanted: what the caller did wrong is
// then said first, in one line, and not found between its consequences.
template <Awaitable A>
struct Given {
  static_assert(MovedIfTask<A>, "a Task is moved: std::move(task)");
  static_assert(CopiedOrMoved<A>, "this awaitable cannot be copied: std::move it");
  static_assert(Movable<A>,
                "this awaitable cannot be moved into a task: co_await it in a coroutine of your "
                "own, and give that");
  using Plain = std::remove_cvref_t<A>;
  using Value = await_result_t<Plain>;
};

template <class A>
Task<await_result_t<A>> await_moved(A awaitable) {
  co_return co_await std::move(awaitable);
}

}  // namespace detail

// The value of the task that as_task(A) makes.
template <Awaitable A>
using as_task_value_t = typename detail::Given<A>::Value;

// A task that awaits `awaitable` and gives what it gives; a task is given back as it is. Throws
// std::bad_alloc, and what moving or copying the awaitable throws.
template <Awaitable A>
[[nodiscard]] Task<as_task_value_t<A>> as_task(A&& awaitable) {
  using Plain = typename detail::Given<A>::Plain;
  if constexpr (detail::is_task<Plain>) {
    return std::move(awaitable);
  } else {
    return detail::await_moved<Plain>(std::forward<A>(awaitable));
  }
}

// For who keeps functions that begin something: as `function`, but what that gives comes as a task.
template <class Function>
[[nodiscard]] auto giving_task(Function function) {
  return [function = std::move(function)]<class... Arguments>(Arguments&&... arguments) mutable {
    return as_task(std::invoke(function, std::forward<Arguments>(arguments)...));
  };
}

// As as_task(), for each of a vector. Throws std::bad_alloc.
template <class T>
[[nodiscard]] std::vector<Task<T>> as_tasks(std::vector<Task<T>> tasks) noexcept {
  return tasks;
}
template <Awaitable A>
[[nodiscard]] std::vector<Task<as_task_value_t<A>>> as_tasks(std::vector<A> awaitables) {
  std::vector<Task<as_task_value_t<A>>> tasks;
  tasks.reserve(awaitables.size());
  for (A& awaitable : awaitables) tasks.push_back(as_task(std::move(awaitable)));
  return tasks;
}

namespace detail {

// A named vector, for those who take over what they are given.
template <class A>
std::vector<A> copy_of(const std::vector<A>& awaitables) {
  static_assert(std::copy_constructible<A>, "a vector of tasks is moved: std::move(tasks)");
  if constexpr (std::copy_constructible<A>) return awaitables;
}

}  // namespace detail

}  // namespace sundog
