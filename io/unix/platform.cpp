#include "sundog/io/unix/platform.hpp"

#include <csignal>

namespace sundog {
namespace {

PollerChoice choice = PollerChoice::automatic;

// A peer that closes its end must be an error of write, not the end of the program (pipes have no
// MSG_NOSIGNAL).
void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace

void choose_poller(PollerChoice new_choice) noexcept { choice = new_choice; }

Platform::Platform() : poller_(make_poller(choice)), current_(*poller_) { ignore_broken_pipes(); }

Platform::~Platform() { poller_->drain(); }

}  // namespace sundog
