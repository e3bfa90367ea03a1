// What at_exit() leaves for run() (hooks.hpp).
#pragma once

#include <source_location>

#include "sundog/runtime/task.hpp"

namespace sundog {

// The task, and where it was left.
struct ExitHook {
  Task<void> task;
  std::source_location origin;  // the call of at_exit()
};

}  // namespace sundog
