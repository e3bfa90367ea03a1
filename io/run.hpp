// run(task): the main loop of a program.
//
//   int main() { run(blink()); }
//
// Runs until `task` has ended, then returns its value or throws its exception; background tasks are
// cancelled and awaited first. One run() at a time on a thread.
#pragma once

#include <source_location>
#include <utility>

#include "sundog/io/loop.hpp"
#include "sundog/io/platform.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

template <class T>
T run(Task<T> task, std::source_location origin = std::source_location::current()) {
  SUNDOG_ASSERT(Current<Scheduler>::find() == nullptr,
                "run() was called inside run(): co_await the task instead");
  Platform platform;
  Loop<PlatformPoller> loop(platform.poller());
  return loop.run(std::move(task), origin);
}

}  // namespace sundog
