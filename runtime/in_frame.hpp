// invoke_in_frame: runs a coroutine function so that the function itself lives as long as its
// coroutine.
//
// A capturing lambda's captures live in the lambda, not in the coroutine it makes: when the lambda
// ends first, they dangle. Here lambda and arguments are kept in a frame around the coroutine.
#pragma once

#include <functional>
#include <utility>

#include "sundog/runtime/task.hpp"

namespace sundog::detail {

template <class Function, class... Arguments>
Task<void> invoke_in_frame(Function function, Arguments... arguments) {
  co_await std::invoke(function, std::move(arguments)...);
}

}  // namespace sundog::detail
