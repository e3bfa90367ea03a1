// error_of: what a task fails with, as a value; an empty code if it does not.
#pragma once

#include <system_error>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::contract {

template <class A>
Task<std::error_code> error_of(A task) {
  try {
    static_cast<void>(co_await std::move(task));
  } catch (const std::system_error& error) {
    co_return error.code();
  }
  co_return std::error_code();
}

}  // namespace sundog::contract
