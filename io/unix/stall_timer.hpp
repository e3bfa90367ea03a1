// StallTimer: the StallSampler of Unix: a signal that comes by while the thread computes.
//
// A POSIX timer on the thread's own processor time (timer_create(2), SIGEV_THREAD_ID): it does not
// run while the thread sleeps or is not scheduled, so an idle program is never woken. The kernel
// checks such timers at its tick, usually every 4 ms. The signal's handler compares the scheduler's
// count of steps with what it saw the last time.
#pragma once

#include <time.h>

#include <csignal>
#include <cstdint>
#include <optional>
#include <source_location>

#include "sundog/io/stall_detector.hpp"
#include "sundog/io/unix/descriptor.hpp"

namespace sundog {

class StallTimer final : public StallSampler {
 public:
  // Watches the calling thread, whose scheduler this is. Throws std::system_error when the kernel
  // gives no timer.
  StallTimer(const Scheduler& scheduler, Duration limit);
  ~StallTimer() override;
  StallTimer(const StallTimer&) = delete;
  StallTimer& operator=(const StallTimer&) = delete;

  std::optional<Stall> take() noexcept override;
  TimePoint coarse_now() noexcept override;
  // From the kernel's scheduler statistics; zero where /proc is not there or does not tell.
  Duration delayed() noexcept override;

  // A task that holds the loop for this long may never let it go, and then nobody could tell: the
  // signal handler says so itself.
  static constexpr Duration hopeless_after = std::chrono::seconds(2);

 private:
  static void on_signal(int, siginfo_t* info, void*) noexcept;
  void look() noexcept;

  const Scheduler& scheduler_;
  Duration limit_;
  clockid_t coarse_clock_;
  timer_t timer_;
  Descriptor scheduler_statistics_;
  // Of the handler: the step it saw last, when it saw it first, and whether it has given up on it.
  std::uint64_t step_ = 0;
  std::int64_t step_seen_ns_ = 0;
  bool given_up_ = false;
  // From the handler to the loop, on one thread: the handler writes only while a task runs, the
  // loop reads only while none does.
  volatile std::sig_atomic_t seen_ = 0;
  Stall stall_ = {};
};

}  // namespace sundog
