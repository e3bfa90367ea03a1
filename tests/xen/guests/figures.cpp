// Prints what booting and sleeping cost, a word and a number a line, for tests/xen/run.py.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <numeric>

#include "sundog/io/run.hpp"
#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;

namespace sundog {
namespace {

Task<void> figures() {
  const std::uint64_t boot_ns = xen::time_since_entry_ns();
  const std::uint64_t boot_hypercalls = xen::hypercall_count();
  const std::uint64_t boot_cpuids = xen::processor_query_count();
  std::uint64_t by_number[std::size(sundog_hypercalls_by_number)];
  std::copy(std::begin(sundog_hypercalls_by_number), std::end(sundog_hypercalls_by_number),
            by_number);
  // The store's start, with its own traffic, comes with the first wait: let it pass.
  co_await sleep(1s);
  static std::array<std::uint8_t, 10'000> turns;
  for (std::uint8_t& turn : turns) {
    const std::uint64_t before = xen::hypercall_count();
    co_await sleep(1ms);
    turn = static_cast<std::uint8_t>(std::min<std::uint64_t>(xen::hypercall_count() - before, 255));
  }
  const std::uint64_t all = std::accumulate(turns.begin(), turns.end(), std::uint64_t{0});
  std::sort(turns.begin(), turns.end());
  std::printf("boot_us %lu\nboot_hypercalls %lu\nturn_hypercalls_percent %lu\n", boot_ns / 1000,
              boot_hypercalls, all * 100 / turns.size());
  const auto three = std::lower_bound(turns.begin(), turns.end(), 3);
  std::printf("turn_hypercalls_median %d\nturns_above_2_in_10000 %td\nturn_hypercalls_most %d\n",
              turns[turns.size() / 2], turns.end() - three, turns.back());
  std::printf("boot_cpuids %lu\n", boot_cpuids);
  for (std::size_t number = 0; number < std::size(by_number); ++number) {
    if (by_number[number] != 0) std::printf("hypercall_%zu %lu\n", number, by_number[number]);
  }
  std::printf("turns %zu\nhypercalls_at_end %lu\n", turns.size(), xen::hypercall_count());
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::figures()); }
