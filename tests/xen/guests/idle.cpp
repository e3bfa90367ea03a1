// Has nothing to do for a year: what the domain's CPU time, pause, shutdown and reboot are tried
// on.
#include <chrono>
#include <cstdio>

#include "sundog/io/run.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog {
namespace {

Task<void> idle() {
  std::puts("idle");
  co_await sleep(std::chrono::hours(24 * 365));
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::idle()); }
