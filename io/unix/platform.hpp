// Unix as a platform: what run() sets up on this thread before the main loop begins, and takes down
// after it.
//
// For the process it does two things that stay: descriptors 0 to 2 are occupied
// (standard_streams.hpp), and SIGPIPE is ignored where it would end the program. What a child of
// fork() may do: fork.hpp.
#pragma once

#include <memory>

#include "sundog/io/poller.hpp"
#include "sundog/io/unix/poller.hpp"
#include "sundog/runtime/language/current.hpp"

namespace sundog {

// As io/platform.hpp asks for it.
using PlatformPoller = UnixPoller;

// What the program's boot parameters chose before run() (--poller); automatic by default.
void choose_poller(PollerChoice choice) noexcept;

// The poller of this thread, for as long as it lives.
class Platform {
 public:
  // Throws std::system_error when the poller that was asked for is not available.
  Platform();
  // Every request has ended, the kernel points to nothing of ours any more.
  ~Platform();
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  // Lives as long as the platform.
  UnixPoller& poller() noexcept { return *poller_; }

 private:
  std::unique_ptr<UnixPoller> poller_;
  Current<UnixPoller>::Set current_;
};

}  // namespace sundog
