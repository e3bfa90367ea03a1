// attempt: how a task ended, as a value: its result or its exception (Lwt_result.catch,
// Lwt.to_result).
//
//   const Result<int> result = co_await attempt(std::move(task));
//   if (result.error() != nullptr) { ... }
//
// For where a failure is an answer like any other. Nothing is thrown on the way.
#pragma once

#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/result.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace detail {

template <class T>
class AttemptWait final : public TaskAwaiter<T> {
 public:
  explicit AttemptWait(Task<T> task) : TaskAwaiter<T>(task.release()) {}
  Result<T> await_resume() { return std::move(this->result()); }
};

}  // namespace detail

// Awaitable of a Result<T>.
template <Awaitable A>
[[nodiscard]] auto attempt(A&& task) {
  using T = as_task_value_t<A>;
  return Operation<detail::AttemptWait<T>, Task<T>>(as_task(std::forward<A>(task)));
}

}  // namespace sundog
