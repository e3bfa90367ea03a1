#include "sundog/io/sim/simulate.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "sundog/io/sim/capture.hpp"
#include "sundog/io/sim/own_process.hpp"
#include "sundog/runtime/dropped.hpp"
#include "sundog/runtime/language/fair.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::sim {
namespace {

// What an abort shall print: how to see it again.
char replay_command[256];

void print_replay_command(int) {
  // In a signal handler nothing but a plain write is safe; that it may be cut short is no harm.
  static_cast<void>(std::fwrite(replay_command, 1, std::strlen(replay_command), stderr));
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

struct Options {
  std::string_view scenario;
  std::uint64_t first_seed = 0;
  // One more than the last.
  std::uint64_t end_seed = 1;
  bool one = false;
  bool trace = false;
  bool help = false;
  // Where to put the packets of all links; null: nowhere.
  const char* packets = nullptr;
  // A file with the names of probes that are known not to be reached; null: do not look at probes.
  const char* probes = nullptr;
};

bool parse_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// "5": one seed; "5..9": those from 5 to 8.
bool parse_seeds(std::string_view text, Options& options) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    options.one = true;
    if (!parse_number(text, options.first_seed)) return false;
    options.end_seed = options.first_seed + 1;
    return true;
  }
  return parse_number(text.substr(0, dots), options.first_seed) &&
         parse_number(text.substr(dots + 2), options.end_seed) &&
         options.first_seed < options.end_seed;
}

// What is wrong with the command line, or an empty text.
std::string parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
    } else if (argument == "--trace") {
      options.trace = true;
    } else if (argument.starts_with("--pcap=")) {
      options.packets = argv[i] + argument.find('=') + 1;
    } else if (argument.starts_with("--probes=")) {
      options.probes = argv[i] + argument.find('=') + 1;
    } else if (argument.starts_with("--seed=") || argument.starts_with("--seeds=")) {
      if (!parse_seeds(argument.substr(argument.find('=') + 1), options)) {
        return fmt::format("{}: give --seed=N or --seeds=FIRST..END", argument);
      }
    } else if (argument.starts_with("-") || !options.scenario.empty()) {
      return fmt::format("what is {}?", argument);
    } else {
      options.scenario = argument;
    }
  }
  if (options.packets != nullptr && (!options.one || options.scenario.empty())) {
    return "--pcap is for one scenario with one seed";
  }
  return {};
}

void print_help(std::span<const Scenario> scenarios) {
  fmt::print(
      "sim [SCENARIO] --seed=N               one run\n"
      "    --trace                           with a line for each thing that happened\n"
      "    --pcap=FILE                       and each packet of each link, for Wireshark or "
      "tcpdump\n"
      "sim [SCENARIO] --seeds=FIRST..END     many runs, until one fails\n"
      "    --probes=FILE                     then also fail if a rare branch was never reached,\n"
      "                                      except for those named in FILE, one a line\n"
      "Without a scenario, all of them:\n");
  for (const Scenario& scenario : scenarios) {
    fmt::print("  {:<16} {}\n", scenario.name, scenario.summary);
  }
}

void print_failure(const Scenario& scenario, const Outcome& outcome) {
  fmt::print("\n{} with seed {} failed after {}.{:03} s of its own time: {}\n", scenario.name,
             outcome.seed, outcome.virtual_ns / 1'000'000'000,
             outcome.virtual_ns / 1'000'000 % 1000, outcome.failure);
  fmt::print("faults: {}\n", outcome.faults);
  fmt::print("to replay it: ./sundog sim {} --seed={} --trace\n", scenario.name, outcome.seed);
}

// Many runs of one scenario; false as soon as one fails.
bool run_many(const Scenario& scenario, const Options& options) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  Clock::time_point shown = start;
  std::int64_t virtual_ns = 0;
  for (std::uint64_t seed = options.first_seed; seed < options.end_seed; ++seed) {
    const Outcome outcome = simulate(scenario, seed);
    if (!outcome.failure.empty()) {
      print_failure(scenario, outcome);
      return false;
    }
    virtual_ns += outcome.virtual_ns;
    const bool last = seed + 1 == options.end_seed;
    if (!last && Clock::now() - shown < std::chrono::seconds(1)) continue;
    shown = Clock::now();
    const double real_s = std::chrono::duration<double>(shown - start).count();
    fmt::print("{}{:<16} {} of {} seeds, {:.1f} s, {:.1f} virtual hours a minute{}",
               last ? "" : "\r", scenario.name, seed + 1 - options.first_seed,
               options.end_seed - options.first_seed, real_s,
               static_cast<double>(virtual_ns) / 3.6e12 / (real_s / 60), last ? "\n" : "");
    std::fflush(stdout);
  }
  return true;
}

bool run_one(const Scenario& scenario, const Options& options) {
  fmt::print("seed {}\n", options.first_seed);
  std::fflush(stdout);
  Watch watch;
  if (options.trace) watch.trace = stdout;
  if (options.packets != nullptr) watch.packets = std::fopen(options.packets, "wb");
  if (options.packets != nullptr && watch.packets == nullptr) {
    fmt::print("{}: {}\n", options.packets, std::generic_category().message(errno));
    return false;
  }
  const Outcome outcome = simulate(scenario, options.first_seed, watch);
  if (watch.packets != nullptr) std::fclose(watch.packets);
  if (!outcome.failure.empty()) {
    print_failure(scenario, outcome);
  } else {
    fmt::print("faults: {}\n", outcome.faults);
  }
  fmt::print("{} records, hash {:016x}\n", outcome.record_count, outcome.hash);
  return outcome.failure.empty();
}

// The rare branches that no run has reached must be those on the list, which is to become shorter
// and never longer.
bool check_probes(const char* list) {
  // One that stands in a template is there for each instance: reached if one of them was.
  std::map<std::string, std::uint64_t> counts;
  for (const Probe& probe : probes()) {
    const std::string_view file = probe.file;
    counts[fmt::format("{}: {}", file.substr(file.rfind('/') + 1), probe.name)] += probe.count;
  }
  std::set<std::string> unreached;
  for (const auto& [name, count] : counts) {
    if (count == 0) unreached.insert(name);
  }
  std::set<std::string> known;
  std::ifstream lines(list);
  if (!lines) {
    fmt::print("there is no file {}\n", list);
    return false;
  }
  for (std::string line; std::getline(lines, line);) known.insert(line);
  fmt::print("{} of {} probes were reached\n", counts.size() - unreached.size(), counts.size());
  for (const std::string& name : unreached) {
    if (!known.contains(name)) fmt::print("never reached: {}\n", name);
  }
  for (const std::string& name : known) {
    if (!unreached.contains(name)) fmt::print("reached, take it off {}: {}\n", list, name);
  }
  return unreached == known;
}

}  // namespace

namespace {

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

int simulate_main(std::span<const Scenario> scenarios, int argc, char** argv) {
  Options options;
  if (const std::string problem = parse(argc, argv, options); !problem.empty()) {
    fmt::print(stderr, "sim: {}; see --help\n", problem);
    return EXIT_FAILURE;
  }
  if (options.help) {
    print_help(scenarios);
    return EXIT_SUCCESS;
  }
  if (!options.trace) hush();
  bool found = false;
  for (const Scenario& scenario : scenarios) {
    if (!options.scenario.empty() && scenario.name != options.scenario) continue;
    found = true;
    if (!(options.one ? run_one(scenario, options) : run_many(scenario, options))) {
      return EXIT_FAILURE;
    }
  }
  if (options.probes != nullptr && !check_probes(options.probes)) return EXIT_FAILURE;
  if (!found) fmt::print(stderr, "sim: there is no scenario {}; see --help\n", options.scenario);
  return found ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace sundog::sim
