// run(task): the main loop of a program.
//
//   int main() { run(blink()); }
//
// Runs until `task`, or what else can be awaited, has ended, then returns its value or throws its
// exception; background tasks are cancelled and awaited first. One run() at a time on a thread.
// On Unix, io/unix/fork.hpp says what a child of fork() may do.
#pragma once

#include <source_location>
#include <utility>

#include "sundog/io/loop.hpp"
#include "sundog/io/platform.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog {

template <Awaitable A>
as_task_value_t<A> run(A&& task, std::source_location origin = std::source_location::current()) {
  SUNDOG_ASSERT(Current<Scheduler>::find() == nullptr,
                "run() was called inside run(): co_await the task instead");
  Platform platform;
  Loop<PlatformPoller> loop(platform.poller());
  return loop.run(as_task(std::forward<A>(task)), origin);
}

}  // namespace sundog
