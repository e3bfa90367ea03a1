// The task dump: every waiting task as a tree, what it waits for, and through which awaiting
// frames.
//
//   main loop
//     task made at examples/echo/main.cpp:31 in `int main()'
//       waiting: accept on 0.0.0.0:7
//       at examples/echo/main.cpp:22 in `Task<void> serve(Listener)'
//       awaited at examples/echo/main.cpp:27 in `Task<void> echo()'
//
// It only reads, so it may be called at any time from the loop's thread.
#pragma once

#include <string>

#include "sundog/runtime/job.hpp"
#include "sundog/runtime/scheduler.hpp"

namespace sundog {

// The tree below the current thread's loop, as text ending in a newline; or a sentence saying that
// there is no loop.
std::string dump_tasks();

// "file:line in `function'".
std::string describe_place(const std::source_location& place);

}  // namespace sundog
