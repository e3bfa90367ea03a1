// Runs a random program on the real runtime, on a simulated host, and notes what every node did.
#pragma once

#include <cstdint>
#include <optional>

#include "sundog/io/sim/world.hpp"
#include "tests/sim/random_tasks/program.hpp"

namespace sundog::sim::random_tasks {

// The program must outlive the call. With a number n, the n-th allocation of it fails.
Records execute(World& world, const Program& program, std::optional<std::uint64_t> failing = {});

}  // namespace sundog::sim::random_tasks
