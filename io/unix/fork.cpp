#include "sundog/io/unix/fork.hpp"

#include <pthread.h>

#include "sundog/io/unix/poller.hpp"
#include "sundog/runtime/language/current.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog {

constinit std::uint32_t detail::fork_generation = 0;

namespace {

void in_child() noexcept {
  ++detail::fork_generation;
  if (Current<UnixPoller>::find() == nullptr) return;
  SUNDOG_PROBE("a task forked");
  Current<UnixPoller>::leave();
  Current<Timers>::leave();
  Current<Scheduler>::leave();
}

// Before main(): no thread can have forked yet. It fails only where there is no memory to begin
// with.
[[maybe_unused]] const int registered = ::pthread_atfork(nullptr, nullptr, in_child);

}  // namespace
}  // namespace sundog
