// Xen, as the beginning of a program sees it.
#include "sundog/io/machine.hpp"

#include <span>

#include "sundog/io/console.hpp"
#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/log_sink.hpp"

namespace sundog {
namespace {

struct XenParameters : Parameters {};

}  // namespace

void write_console(std::string_view text) { xen::write_console(text); }
void write_console_error(std::string_view text) noexcept { xen::write_console(text); }

bool is_console_watched() noexcept { return false; }

namespace machine {

// x86/boot.cpp splits the guest's command line (`extra` in its xl configuration) as a shell would.
Invocation invocation(int argc, const char* const* argv) {
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  return {words.front(), {words.begin() + 1, words.end()}};
}

bool refuses_unknown_parameters() noexcept { return false; }
Parameters& parameters() {
  static XenParameters parameters;
  return parameters;
}
void apply_parameters() {}
// What a program is made of is asked where it is built (./sundog describe); an image has no room
// for the answer.
bool answer(const Configuration&, std::string_view) { return false; }
void start_log() { xen::log_to_console(); }

// The toolstack's requests are served by the poller, for programs that begin with run() too.
std::unique_ptr<Attendant> attend_loop() { return std::make_unique<Attendant>(); }

// There is no second thread and no timer interrupt that could look into a running task.
std::unique_ptr<StallSampler> sample_stalls(const Scheduler&, Duration) { return nullptr; }

}  // namespace machine
}  // namespace sundog
