#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <system_error>

#include "sundog/io/parameters.hpp"
#include "sundog/io/sim/simulate.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

// The seeds from `first` to `end` - 1; one number stands for itself.
struct SeedRange {
  std::uint64_t first = 0;
  std::uint64_t end = 1;
  bool one() const noexcept { return end - first == 1; }
};

template <>
class ParameterType<SeedRange> {
 public:
  std::optional<SeedRange> parse(std::string_view text) const {
    const std::size_t dots = text.find("..");
    const auto first = parse_seed(text.substr(0, dots));
    if (dots == std::string_view::npos) {
      return first ? std::optional(SeedRange{*first, *first + 1}) : std::nullopt;
    }
    const auto end = parse_seed(text.substr(dots + 2));
    if (!first || !end || *first >= *end) return std::nullopt;
    return SeedRange{*first, *end};
  }
  std::string print(SeedRange seeds) const {
    return seeds.one() ? fmt::format("{}", seeds.first)
                       : fmt::format("{}..{}", seeds.first, seeds.end);
  }
  std::string expects() const { return "a seed N, or seeds FIRST..END without the last"; }

 private:
  static std::optional<std::uint64_t> parse_seed(std::string_view text) {
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(seed) : std::nullopt;
  }
};

namespace sim {
namespace {

struct Options : Parameters {
  Parameter<SeedRange> seed{*this, "seed", "one run, or several", {}};
  Parameter<SeedRange> seeds{*this, "seeds", "many runs, until one fails", {}};
  Parameter<bool> trace{*this, "trace", "a line for each thing that happens", false};
  Parameter<std::string> pcap{
      *this, "pcap", "writes each packet of each link to this file, for Wireshark or tcpdump", ""};
  Parameter<std::string> probes{
      *this, "probes",
      "fails too if a rare branch is never reached, except those named in this file, one a line",
      ""};
  Parameter<bool> help{*this, "help", "shows this and ends", false};

  SeedRange chosen() const { return seeds.given() ? *seeds : *seed; }
};

void print_help(std::span<const Scenario> scenarios, const Options& options) {
  fmt::print("sim [SCENARIO] [--name=value ...]\n\n{}\nWithout a scenario, all of them:\n",
             describe_parameters(options));
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
bool run_many(const Scenario& scenario, SeedRange seeds) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  Clock::time_point shown = start;
  std::int64_t virtual_ns = 0;
  for (std::uint64_t seed = seeds.first; seed < seeds.end; ++seed) {
    const Outcome outcome = simulate(scenario, seed);
    if (!outcome.failure.empty()) {
      print_failure(scenario, outcome);
      return false;
    }
    virtual_ns += outcome.virtual_ns;
    const bool last = seed + 1 == seeds.end;
    if (!last && Clock::now() - shown < std::chrono::seconds(1)) continue;
    shown = Clock::now();
    const double real_s = std::chrono::duration<double>(shown - start).count();
    fmt::print("{}{:<16} {} of {} seeds, {:.1f} s, {:.1f} virtual hours a minute{}",
               last ? "" : "\r", scenario.name, seed + 1 - seeds.first, seeds.end - seeds.first,
               real_s, static_cast<double>(virtual_ns) / 3.6e12 / (real_s / 60), last ? "\n" : "");
    std::fflush(stdout);
  }
  return true;
}

bool run_one(const Scenario& scenario, std::uint64_t seed, const Options& options) {
  fmt::print("seed {}\n", seed);
  std::fflush(stdout);
  Watch watch;
  if (*options.trace) watch.trace = stdout;
  if (options.pcap.given()) {
    watch.packets = std::fopen(options.pcap->c_str(), "wb");
    if (watch.packets == nullptr) {
      fmt::print("{}: {}\n", *options.pcap, std::generic_category().message(errno));
      return false;
    }
  }
  const Outcome outcome = simulate(scenario, seed, watch);
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
bool check_probes(const std::string& list) {
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

// What is wrong with the command line, a sentence each. Takes the scenario's name out of it.
std::vector<std::string> parse(int argc, char** argv, Options& options,
                               std::string_view& scenario) {
  std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && !arguments.front().starts_with('-')) {
    scenario = arguments.front();
    arguments.erase(arguments.begin());
  }
  const std::array<Parameters*, 1> sets = {&options};
  std::vector<std::string> sentences;
  for (ParameterProblem& problem : parse_parameters(sets, arguments)) {
    sentences.push_back(std::move(problem.sentence));
  }
  if (options.pcap.given() && (!options.chosen().one() || scenario.empty())) {
    sentences.push_back("--pcap is for one scenario with one seed");
  }
  return sentences;
}

}  // namespace

int simulate_main(std::span<const Scenario> scenarios, int argc, char** argv) {
  Options options;
  std::string_view wanted;
  const std::vector<std::string> problems = parse(argc, argv, options, wanted);
  for (const std::string& problem : problems) fmt::print(stderr, "sim: {}; see --help\n", problem);
  if (!problems.empty()) return EXIT_FAILURE;
  if (*options.help) {
    print_help(scenarios, options);
    return EXIT_SUCCESS;
  }
  if (!*options.trace) hush();
  const SeedRange seeds = options.chosen();
  bool found = false;
  for (const Scenario& scenario : scenarios) {
    if (!wanted.empty() && scenario.name != wanted) continue;
    found = true;
    const bool passed =
        seeds.one() ? run_one(scenario, seeds.first, options) : run_many(scenario, seeds);
    if (!passed) return EXIT_FAILURE;
  }
  if (options.probes.given() && !check_probes(*options.probes)) return EXIT_FAILURE;
  if (!found) fmt::print(stderr, "sim: there is no scenario {}; --help lists them\n", wanted);
  return found ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace sim
}  // namespace sundog
