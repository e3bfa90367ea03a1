// The reference interpreter: what a random program must do, by the documentation and without any
// scheduler.
//
// The meaning of a task is a function: given when it starts and when it is cancelled, it says when
// it ends and how. A task that is cancelled ends at its next wait; one that is between waits runs
// on to the next one, or to its end.
#pragma once

#include <optional>

#include "tests/sim/random_tasks/program.hpp"

namespace sundog::sim::random_tasks {

// Everything that the program does when its main task begins at time 0. Nothing if two tasks that
// end by one cancellation compete to be the first: then both orders are right.
std::optional<Records> interpret(const Program& program);

}  // namespace sundog::sim::random_tasks
