// All scenarios, for the tests and for the command line (./sundog sim).
#pragma once

#include <span>

#include "sundog/io/sim/simulate.hpp"

namespace sundog::sim {

std::span<const Scenario> scenarios();
// The one with this name, which must be there.
const Scenario& scenario(std::string_view name);

// --- each in a file of its own ------------------------------------------------------------------
void simulate_echo(World& world);
void simulate_datagrams(World& world);
void simulate_disk(World& world);
void simulate_random_tasks(World& world);
void simulate_shortage(World& world);
void simulate_timers(World& world);
void simulate_locks(World& world);
void simulate_channels(World& world);
void simulate_futures(World& world);
void simulate_website(World& world);
void simulate_xen_console(World& world);
void simulate_xen_disk(World& world);
void simulate_xen_events(World& world);
void simulate_xen_grants(World& world);
void simulate_xen_lifecycle(World& world);
void simulate_xen_network(World& world);
void simulate_xen_store(World& world);

}  // namespace sundog::sim
