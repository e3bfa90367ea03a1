// simulate: one scenario with one seed, or with many, and what came of it.
//
// A scenario builds its hosts, runs the world and checks what must be true then:
//
//   void everything_comes_back(World& world) {
//     Host& server = world.add_host("server");
//     const auto serve = [&] { return echo::serve(SimStack(server).listen(Endpoint::any(7))); };
//     server.start(serve, Host::Duty::serve);
//     ...
//     world.run();
//     if (!equal) world.fail("...");          // or throw anything
//   }
#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "sundog/io/sim/world.hpp"

namespace sundog::sim {

// One thing to try, in many worlds. The name is for the command line.
struct Scenario {
  std::string_view name;
  // What it checks, in a sentence.
  std::string_view summary;
  void (*run)(World& world);
  // Each run in a process of its own (own_process.hpp).
  bool own_process = false;
};

// What came of one run.
struct Outcome {
  // Replays it.
  std::uint64_t seed = 0;
  // Empty: all is well. Else what went wrong, and the tasks of all hosts at that moment.
  std::string failure;
  // Of the whole trace: the same seed gives the same hash.
  std::uint64_t hash = 0;
  std::uint64_t record_count = 0;
  // How long it took in the world's time.
  std::int64_t virtual_ns = 0;
  // The faults that were on.
  std::string faults;
};

// Where a run can be watched; null: nowhere.
struct Watch {
  // Gets a line for each record of the trace, as it comes.
  std::FILE* trace = nullptr;
  // Gets each packet of each link, see capture.hpp.
  std::FILE* packets = nullptr;
};

// Runs the scenario. A broken assertion ends the process, after the command that replays the run
// was printed.
Outcome simulate(const Scenario& scenario, std::uint64_t seed, const Watch& watch = {});

// Ends a run in a process of its own here and now, with this failure, or well if it is empty: for a
// place that can neither throw nor return.
[[noreturn]] void end_run(World& world, std::string failure);

// Nothing is logged from now on: failures are what is simulated, and a log of them all would hide
// the one that matters.
void hush() noexcept;

// The command line of a simulator made of these scenarios: see its --help. Gives the process's exit
// status.
int simulate_main(std::span<const Scenario> scenarios, int argc, char** argv);

}  // namespace sundog::sim
