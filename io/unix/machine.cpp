// Unix, as the beginning of a program sees it.
#include "sundog/io/machine.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <span>
#include <system_error>

#include "sundog/io/console.hpp"
#include "sundog/io/describe.hpp"
#include "sundog/io/unix/dump_signal.hpp"
#include "sundog/io/unix/log_sink.hpp"
#include "sundog/io/unix/platform.hpp"
#include "sundog/io/unix/standard_streams.hpp"
#include "sundog/io/unix/stall_timer.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {
namespace {

enum class Description { none, text, svg };

}  // namespace

// --describe alone means text.
template <>
class ParameterType<Description> {
 public:
  static std::optional<Description> parse(std::string_view text) noexcept {
    if (text == "text") return Description::text;
    if (text == "svg") return Description::svg;
    return std::nullopt;
  }
  static std::string print(Description value) {
    switch (value) {
      case Description::none:
        return "";
      case Description::text:
        return "text";
      case Description::svg:
        return "svg";
    }
    return "";
  }
  static std::string expects() { return "text or svg"; }
  static Description alone() noexcept { return Description::text; }
};

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
  Parameter<Description> describe{*this, "describe", "shows what the program is made of and ends",
                                  Description::none};
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

bool is_console_watched() noexcept { return ::isatty(STDERR_FILENO) == 1; }

namespace machine {

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
bool answer(const Configuration& configuration, std::string_view program) {
  const Description asked = *unix_parameters().describe;
  if (asked == Description::none) return false;
  const auto describe = asked == Description::text ? describe_as_text : describe_as_svg;
  write_console(
      describe(configuration, program, "Unix: io_uring, or epoll where that is forbidden"));
  return true;
}
void start_log() {
  occupy_standard_streams();
  log_to_standard_error();
}
std::unique_ptr<Attendant> attend_loop() { return std::make_unique<DumpSignal>(); }
std::unique_ptr<StallSampler> sample_stalls(const Scheduler& scheduler, Duration limit) {
  return std::make_unique<StallTimer>(scheduler, limit);
}

}  // namespace machine
}  // namespace sundog
