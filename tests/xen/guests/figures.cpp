// Prints what booting and sleeping cost, a word and a number a line, for tests/xen/run.py.
#include <chrono>
#include <cstdint>
#include <cstdio>

#include "io/run.hpp"
#include "io/xen/hypercall.hpp"
#include "io/xen/x86/pvclock.hpp"
#include "timers/sleep.hpp"

using namespace std::chrono_literals;

namespace sundog {
namespace {

Task<void> figures() {
  const std::uint64_t boot_ns = xen::x86::time_since_entry_ns();
  const std::uint64_t boot_hypercalls = xen::hypercall_count();
  // The store's start, with its own traffic, comes with the first wait: let it pass.
  co_await sleep(1s);
  const std::uint64_t before = xen::hypercall_count();
  for (int turn = 0; turn < 100; ++turn) co_await sleep(20ms);
  const std::uint64_t turns = xen::hypercall_count() - before;
  std::printf("boot_us %lu\nboot_hypercalls %lu\nturn_hypercalls_percent %lu\n", boot_ns / 1000,
              boot_hypercalls, turns);
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::figures()); }
