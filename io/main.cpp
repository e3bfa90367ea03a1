#include "sundog/io/main.hpp"

#include <array>
#include <exception>
#include <initializer_list>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/console.hpp"
#include "sundog/io/machine.hpp"
#include "sundog/io/parameters.hpp"
#include "sundog/io/run.hpp"
#include "sundog/runtime/dropped.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

constexpr int status_failed = 1;
constexpr int status_misused = 2;

// What every program takes.
struct BuiltInParameters : Parameters {
  Parameter<bool> help{*this, "help", "shows this and ends", false};
  Parameter<std::string> log{*this, "log",
                             "lowest level of messages (debug, info, warning, error, off); "
                             "info,http:debug by part",
                             "info"};
  Parameter<Duration> stall{*this, "stall",
                            "warns of tasks that hold the main loop longer than this; 0 for never",
                            std::chrono::milliseconds(10)};
};

std::string help(const machine::Invocation& invocation, const Configuration& configuration,
                 const BuiltInParameters& built_in) {
  const bool has_summary = !configuration.summary().empty();
  const bool has_own = !configuration.parameters().empty();
  return join_text({invocation.program, " [--name=value ...]\n", configuration.summary(),
                    has_summary ? "\n" : "", has_own ? "\n" : "",
                    describe_parameters(configuration), "\nEvery program takes these:\n",
                    describe_parameters(built_in), describe_parameters(machine::parameters())});
}

void report(const machine::Invocation& invocation,
            std::initializer_list<std::string_view> sentence) {
  write_console_error(join_text({invocation.program, ": ", join_text(sentence), "\n"}));
}

// False: a parameter is so wrong that the program must not start. Everything wrong is told, not
// only the first.
bool accept_parameters(const machine::Invocation& invocation,
                       const std::vector<ParameterProblem>& problems,
                       const BuiltInParameters& built_in) {
  bool accepted = true;
  for (const ParameterProblem& problem : problems) {
    const bool refused =
        problem.kind == ParameterProblem::Kind::malformed || machine::refuses_unknown_parameters();
    report(invocation, {problem.sentence, refused ? "" : " (ignored)"});
    if (refused) accepted = false;
  }
  try {
    log::configure(*built_in.log);
  } catch (const std::invalid_argument& error) {
    SUNDOG_PROBE("a --log that nobody understands");
    report(invocation, {"--log=", *built_in.log, ": ", error.what()});
    accepted = false;
  }
  return accepted;
}

// The devices while they are connected: however the service ends, they go in the reverse order in
// which they came.
class Connections {
 public:
  explicit Connections(const Configuration& configuration) : configuration_(configuration) {}
  ~Connections() {
    for (DeviceBase* device : configuration_.devices() | std::views::reverse) device->disconnect();
  }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

 private:
  const Configuration& configuration_;
};

// The arguments are run_program's own and outlive this task.
Task<void> serve(Configuration& configuration, Duration stall_limit,
                 FunctionRef<Task<void>()> start) {
  const auto attendant = machine::attend_loop();
  std::optional<StallDetector> stall_detector;
  if (stall_limit > Duration::zero()) {
    stall_detector.emplace(stall_limit, machine::sample_stalls(Scheduler::current(), stall_limit));
  }
  const Connections connections(configuration);
  for (DeviceBase* device : configuration.devices()) co_await device->connect();
  co_await start();
}

}  // namespace

int detail::run_program(int argc, const char* const* argv, Configuration& configuration,
                        FunctionRef<Task<void>()> start, std::source_location origin) {
  machine::start_log();
  const machine::Invocation invocation = machine::invocation(argc, argv);
  BuiltInParameters built_in;
  const std::array<Parameters*, 3> sets = {&configuration, &built_in, &machine::parameters()};
  const std::vector<std::string_view> arguments(invocation.arguments.begin(),
                                                invocation.arguments.end());
  const auto problems = parse_parameters(sets, arguments);
  try {
    if (*built_in.help) {
      write_console(help(invocation, configuration, built_in));
      return 0;
    }
    if (!accept_parameters(invocation, problems, built_in)) return status_misused;
    if (machine::answer(configuration, invocation.program)) return 0;
    machine::apply_parameters();
    run(serve(configuration, *built_in.stall, start), origin);
    return 0;
  } catch (...) {
    SUNDOG_PROBE("a program failed");
    log::error("{} has failed: {}", invocation.program,
               describe_exception(std::current_exception()));
    return status_failed;
  }
}

}  // namespace sundog
