// Unix, as the beginning of a program sees it.
#include "io/host.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <system_error>

#include "io/console.hpp"
#include "io/unix/dump_signal.hpp"
#include "io/unix/log_sink.hpp"
#include "io/unix/platform.hpp"
#include "io/unix/stall_timer.hpp"
#include "runtime/probe.hpp"

namespace sundog {
namespace {

// Writes everything, waiting where the descriptor is of the kind that would rather not. Gives 0 or
// the errno.
int write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      SUNDOG_PROBE("the console was not ready to be written");
      pollfd writable = {descriptor, POLLOUT, 0};
      static_cast<void>(::poll(&writable, 1, -1));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

struct UnixParameters : Parameters {
  Parameter<PollerChoice> poller{
      *this,
      "poller",
      "what the main loop waits with; auto takes uring where the system allows it",
      PollerChoice::automatic,
      {{"auto", PollerChoice::automatic},
       {"uring", PollerChoice::uring},
       {"epoll", PollerChoice::epoll}}};
};

UnixParameters& unix_parameters() {
  static UnixParameters parameters;
  return parameters;
}

}  // namespace

void write_console(std::string_view text) {
  if (const int error = write_all(STDOUT_FILENO, text); error != 0) {
    throw std::system_error(error, std::system_category(), "standard output");
  }
}

// Nothing is left to tell a failure to.
void write_console_error(std::string_view text) noexcept {
  static_cast<void>(write_all(STDERR_FILENO, text));
}

namespace host {

Invocation invocation(int argc, const char* const* argv) {
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  Invocation result;
  if (words.empty()) return result;
  result.program = words.front();
  result.program.erase(0, result.program.rfind('/') + 1);
  result.arguments.assign(words.begin() + 1, words.end());
  return result;
}

bool refuses_unknown_parameters() noexcept { return true; }
Parameters& parameters() { return unix_parameters(); }
void apply_parameters() { choose_poller(*unix_parameters().poller); }
std::string_view description() noexcept {
  return "Unix: io_uring, or epoll where that is forbidden";
}
void start_log() { log_to_standard_error(); }
std::unique_ptr<Attendant> attend_loop() { return std::make_unique<DumpSignal>(); }
std::unique_ptr<StallSampler> sample_stalls(const Scheduler& scheduler, Duration limit) {
  return std::make_unique<StallTimer>(scheduler, limit);
}

}  // namespace host
}  // namespace sundog
