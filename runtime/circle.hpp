// Circles: tasks that each wait for the next, so that none can ever go on. A report of a deadlock
// shows this beside the task dump.
//
//   tasks that wait for each other in a circle:
//     task made at a.cpp:3 in `Task<void> f()' waits at a.cpp:9 in `...': mutex
//     task made at a.cpp:4 in `Task<void> g()' waits at a.cpp:8 in `...': future
//     and the first of them again
#pragma once

#include <string>

namespace sundog {

// One circle among the tasks of the current thread's loop, as text ending in a newline; empty where
// there is none, or none that can be seen. What can be seen is who waits for the tasks below them,
// for whoever holds a mutex, a permit of a semaphore or a member of a pool, and for the future of a
// task. Who will send to a channel, put into an mvar or signal a condition cannot be known: the one
// who did so last is taken for the one who is waited for.
std::string describe_circle();

}  // namespace sundog
