#include "sundog/io/unix/platform.hpp"

#include <csignal>

#include "sundog/io/unix/standard_streams.hpp"

namespace sundog {
namespace {

PollerChoice choice = PollerChoice::automatic;

// A peer that closes its end must be an error of write, not the end of the program (pipes have no
// MSG_NOSIGNAL).
void ignore_broken_pipes() {
  struct sigaction action;
  const bool known = ::sigaction(SIGPIPE, nullptr, &action) == 0;
  // A handler of the program's own does as well.
  if (known && (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL) {
    std::signal(SIGPIPE, SIG_IGN);
  }
}

}  // namespace

void choose_poller(PollerChoice new_choice) noexcept { choice = new_choice; }

// Before the poller: its descriptors must not become standard streams.
Platform::Platform()
    : poller_((occupy_standard_streams(), make_poller(choice))), current_(*poller_) {
  ignore_broken_pipes();
}

Platform::~Platform() { poller_->drain(); }

}  // namespace sundog
