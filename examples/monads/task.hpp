// The task monad: values that are not there yet.
#pragma once

#include <type_traits>
#include <utility>

#include "sundog/runtime/task.hpp"

namespace task {

using sundog::Task;

// Return: a task that has its value at once.
template <class T>
Task<T> unit(T value) {
  co_return value;
}

// Bind: wait for the value, then go on with it. This is what co_await does for us.
template <class T, class Next>
std::invoke_result_t<Next, T> bind(Task<T> task, Next next) {
  T value = co_await std::move(task);
  co_return co_await next(std::move(value));
}

}  // namespace task
