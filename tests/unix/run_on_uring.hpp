// Runs a test's task on a ring of its own, of a size that the test chooses.
#pragma once

#include <cstdint>
#include <utility>

#include "sundog/io/loop.hpp"
#include "sundog/io/unix/uring/poller.hpp"
#include "sundog/runtime/language/current.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::test {

// The numbers are UringPoller's.
inline void run_on_uring(
    Task<void> task, unsigned submissions = UringPoller::submissions_default,
    unsigned completions = UringPoller::completions_default,
    std::uint64_t receives_ahead_from = UringPoller::receives_ahead_from_default) {
  UringPoller poller(submissions, completions, receives_ahead_from);
  const Current<UnixPoller>::Set current(poller);
  // As Platform does it, also when the task throws.
  struct Drain {
    ~Drain() { poller.drain(); }
    UringPoller& poller;
  } const drain{poller};
  Loop<UringPoller> loop(poller);
  loop.run(std::move(task));
}

}  // namespace sundog::test
