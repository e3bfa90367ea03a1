// Task<T>: a computation that runs when it is awaited, and gives a T.
//
//   Task<int> twice(int x) { co_await sleep(1s); co_return 2 * x; }
//   const int y = co_await twice(21);
//
// Lazy: calling the coroutine only makes its frame; co_await starts it, on the spot, as part of the
// awaiting job. Move-only, awaited once. The Task owns the frame until it is awaited, the awaiting
// frame owns it from then on. An exception that leaves the coroutine comes out of co_await with its
// type. T may be void, a reference, or move-only.
//
// Awaiting and returning are symmetric transfers (tail calls): any number of awaits, one after the
// other or nested, takes no stack.
//
// Parameters are copied into the frame, references are not extended: do not give a task a reference
// to something that may end before it (and never a capturing lambda's own frame: use spawn(fn,
// args...), which keeps the lambda).
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/link.hpp"
#include "sundog/runtime/result.hpp"

namespace sundog {

template <class T = void>
class Task;

namespace detail {

// co_return of a U from a Task<T>. A reference must refer to what was returned, not to a temporary
// made from it.
template <class U, class T>
concept ReturnableAs =
    std::is_constructible_v<T, U&&> &&
    (!std::is_lvalue_reference_v<T> ||
     (std::is_lvalue_reference_v<U&&> &&
      std::is_convertible_v<std::remove_reference_t<U>*, std::remove_reference_t<T>*>));

// The end of a frame: continue the frame that awaits it.
class FinalSuspend {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> frame) const noexcept {
    Link& link = *frame.promise().link;
    if (!link.is_root()) [[likely]] return link.parent()->handle();
    Job::root_ended(link, frame.promise());
    return std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

template <class T>
class TaskPromise : public PromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalSuspend final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { result.set_exception(std::current_exception()); }
  // A default for U, so that `co_return {a, b};` makes a T.
  template <class U = T>
    requires ReturnableAs<U, T>
  void return_value(U&& value) {
    result.set_value(std::forward<U>(value));
  }
  Result<T> result;
};

template <>
class TaskPromise<void> : public PromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalSuspend final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { result.set_exception(std::current_exception()); }
  void return_void() noexcept {}
  Result<void> result;
};

// Lives in the awaiting frame for the time of the co_await, and owns the awaited frame.
template <class T>
class TaskAwaiter : private Link {
 public:
  explicit TaskAwaiter(PromiseBase* task) noexcept : Link(task) {}
  TaskAwaiter(const TaskAwaiter&) = delete;
  TaskAwaiter& operator=(const TaskAwaiter&) = delete;
  ~TaskAwaiter() { destroy_child(*this); }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(
      std::coroutine_handle<Promise> frame,
      std::source_location at = std::source_location::current()) noexcept {
    static_assert(std::is_base_of_v<PromiseBase, Promise>,
                  "only coroutines of this runtime (Task, Stream) can await a Task");
    set_parent(frame.promise());
    where = at;
    child->link = this;
    return child->handle();
  }
  T await_resume() { return result().take(); }

 protected:
  Result<T>& result() noexcept { return static_cast<TaskPromise<T>*>(child)->result; }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using value_type = T;

  // A task that computes nothing; it must be assigned before it is awaited.
  Task() noexcept = default;
  Task(Task&& other) noexcept : promise_(std::exchange(other.promise_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      promise_ = std::exchange(other.promise_, nullptr);
    }
    return *this;
  }
  ~Task() { destroy(); }

  // There is something to await: not default-constructed, moved from, or awaited before.
  explicit operator bool() const noexcept { return promise_ != nullptr; }

  // Runs the task to its end. Gives its value or throws its exception.
  auto operator co_await() && { return detail::TaskAwaiter<T>(release()); }
  // A named task must be given away with std::move, so that the reader sees that it is used up.
  template <class Named = T>
  void operator co_await() const& {
    static_assert(!std::is_same_v<Named, T>,
                  "a Task is awaited once: write co_await std::move(task)");
  }

  // Hands the frame over, for owners that run the task as a job of its own (scope, join, pick ...).
  promise_type* release() {
    SUNDOG_ASSERT(promise_ != nullptr, "this task is empty: it was awaited before, or moved from");
    return std::exchange(promise_, nullptr);
  }

 private:
  friend promise_type;
  explicit Task(promise_type* promise) noexcept : promise_(promise) {
    static_assert(alignof(promise_type) <= PromiseBase::alignment_max,
                  "a Task's value cannot be aligned beyond 16 bytes: return it in a unique_ptr");
  }
  void destroy() noexcept {
    if (promise_ != nullptr) promise_->handle().destroy();
  }

  promise_type* promise_ = nullptr;
};

template <class T>
Task<T> detail::TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(this);
}
inline Task<void> detail::TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(this);
}

namespace detail {

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

}  // namespace detail

// The value type of a task type.
template <class TaskType>
using task_value_t = typename std::remove_cvref_t<TaskType>::value_type;

}  // namespace sundog
