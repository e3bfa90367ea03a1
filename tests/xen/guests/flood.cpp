// Prints far more than the console takes, without ever waiting; then says how long that took.
#include <cstdint>
#include <string>

#include "sundog/io/console.hpp"
#include "sundog/io/run.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog {
namespace {

constexpr int line_count = 3000;

Task<void> flood() {
  const std::string line = std::string(99, 'x') + "\n";
  const std::uint64_t start_ns = xen::system_time_ns();
  for (int i = 0; i < line_count; ++i) write_console(line);
  const std::uint64_t taken_ns = xen::system_time_ns() - start_ns;
  co_await sleep(std::chrono::seconds(3));
  print("flooded in {} ms\n", taken_ns / 1'000'000);
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::flood()); }
