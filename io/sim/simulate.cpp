#include "sundog/io/sim/simulate.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <cstring>
#include <optional>

#include "sundog/io/sim/capture.hpp"
#include "sundog/io/sim/own_process.hpp"
#include "sundog/runtime/dropped.hpp"
#include "sundog/runtime/language/fair.hpp"
#include "sundog/runtime/text/log.hpp"

namespace sundog::sim {
namespace {

// What an abort shall print: how to see it again.
char replay_command[256];

void print_replay_command(int) {
  // In a signal handler only a plain write is safe. There is no remedy if it fails or is cut short.
  [[maybe_unused]] const ssize_t written =
      ::write(STDERR_FILENO, replay_command, std::strlen(replay_command));
}

void announce(const Scenario& scenario, std::uint64_t seed) {
  const auto end =
      fmt::format_to_n(replay_command, sizeof replay_command - 1,
                       "to replay it: ./sundog sim {} --seed={}\n", scenario.name, seed);
  *end.out = '\0';
  std::signal(SIGABRT, print_replay_command);
  std::signal(SIGSEGV, [](int number) {
    print_replay_command(number);
    std::signal(SIGSEGV, SIG_DFL);
  });
}

void note_end(Outcome& outcome, World& world) {
  outcome.seed = world.seed();
  outcome.hash = world.trace().hash();
  outcome.record_count = world.trace().count();
  outcome.virtual_ns = world.now_ns();
}

Outcome simulate_here(const Scenario& scenario, std::uint64_t seed, const Watch& watch) {
  Fair::seed(seed);
  std::optional<Capture> capture;
  if (watch.packets != nullptr) capture.emplace(watch.packets);
  World world(seed);
  world.trace().print_to(watch.trace);
  world.network().capture_to(capture ? &*capture : nullptr);
  Outcome outcome;
  outcome.faults = world.faults().describe();
  try {
    scenario.run(world);
    outcome.failure = world.failure();
    if (outcome.failure.empty()) world.check_memory();
  } catch (...) {
    outcome.failure = describe_exception(std::current_exception());
  }
  note_end(outcome, world);
  return outcome;
}

}  // namespace

Outcome simulate(const Scenario& scenario, std::uint64_t seed, const Watch& watch) {
  announce(scenario, seed);
  if (!scenario.own_process) return simulate_here(scenario, seed, watch);
  Outcome outcome = in_own_process([&] { return simulate_here(scenario, seed, watch); });
  outcome.seed = seed;
  return outcome;
}

void end_run(World& world, std::string failure) {
  const Memory::Outside outside;
  Outcome outcome;
  outcome.failure = std::move(failure);
  outcome.faults = world.faults().describe();
  note_end(outcome, world);
  end_own_process(outcome);
}

void hush() noexcept {
  log::set_sink([](const log::Source&, log::Level, std::string_view) noexcept {});
}

}  // namespace sundog::sim
