// Runs a random program on the real runtime, on a simulated host, and notes what every node did.
#pragma once

#include "io/sim/world.hpp"
#include "tests/sim/random_tasks/program.hpp"

namespace sundog::sim::random_tasks {

// The program must outlive the call.
Records execute(World& world, const Program& program);

}  // namespace sundog::sim::random_tasks
