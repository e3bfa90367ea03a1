// Machine: what the beginning of a program (main.hpp) and the console ask of the platform.
//
// Declared once, defined once for each platform: io/unix/machine.cpp, io/xen/machine.cpp. Not for
// services: what they need of the world they take as devices (configuration.hpp).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/configuration.hpp"
#include "sundog/io/parameters.hpp"
#include "sundog/io/stall_detector.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::machine {

// The program's name, and what it was told when it started.
struct Invocation {
  std::string program;
  std::vector<std::string> arguments;
};
Invocation invocation(int argc, const char* const* argv);

// Whether a parameter that nobody knows ends the program, as it does where a person typed it, or is
// only warned of, as where a toolstack adds words of its own to the guest's command line.
bool refuses_unknown_parameters() noexcept;

// The platform's own parameters, in a section of --help; and takes note of them once they are
// parsed.
Parameters& parameters();
void apply_parameters();

// Answers what the platform's own parameters ask instead of running the program, as --describe does
// on Unix; false: run it.
bool answer(const Configuration& configuration, std::string_view program);

// Directs log.hpp to where this platform's messages go.
void start_log();

// What stands by while the main loop runs, from its first task on until this is destroyed; on Unix
// it answers SIGUSR1 with the task dump. Never null.
class Attendant {
 public:
  virtual ~Attendant() = default;
};
std::unique_ptr<Attendant> attend_loop();

// Looks into a running task from outside (see stall_detector.hpp); null where the platform cannot.
std::unique_ptr<StallSampler> sample_stalls(const Scheduler& scheduler, Duration limit);

}  // namespace sundog::machine
