// A run in a process of its own: for programs whose state lives as long as their process does, as
// that of an image for Xen, and which may end it.
#pragma once

#include <functional>

#include "sundog/io/sim/simulate.hpp"

namespace sundog::sim {

// Runs `run` in a child of this process and gives what it gave there. Probes that were reached
// there count here too. A child that is killed, or takes longer than a minute, is a failure.
Outcome in_own_process(const std::function<Outcome()>& run);

// Ends the child with this outcome, from anywhere in it.
[[noreturn]] void end_own_process(const Outcome& outcome);

}  // namespace sundog::sim
