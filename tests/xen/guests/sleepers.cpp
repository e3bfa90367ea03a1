// Sleepers that go to sleep in one order and must wake in another, none early; then as many as the
// command line says, all at once. Prints what the test compares.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "sundog/io/run.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;

namespace sundog {
namespace {

std::size_t early_count = 0;
TimePoint latest_deadline{};
std::size_t out_of_order_count = 0;

Task<void> speak(std::string name, Duration delay) {
  const TimePoint deadline = now() + delay;
  co_await sleep_until(deadline);
  std::printf("%s%s\n", name.c_str(), now() < deadline ? " too early" : "");
}

Task<void> sleep_quietly(Duration delay) {
  const TimePoint deadline = now() + delay;
  co_await sleep_until(deadline);
  if (now() < deadline) ++early_count;
  if (deadline < latest_deadline) ++out_of_order_count;
  latest_deadline = deadline;
}

Task<void> sleepers(std::size_t count) {
  co_await scope([](Scope& tasks) -> Task<void> {
    tasks.spawn(speak("third", 600ms));
    tasks.spawn(speak("first", 100ms));
    tasks.spawn(speak("second", 300ms));
    co_return;
  });
  const auto many = [count](Scope& tasks) -> Task<void> {
    for (std::size_t sleeper = 0; sleeper < count; ++sleeper) {
      tasks.spawn(sleep_quietly(std::chrono::microseconds(sleeper * 7919 % 1000003)));
    }
    co_return;
  };
  co_await scope(many);
  std::printf("%zu sleepers, %zu early, %zu out of order\n", count, early_count,
              out_of_order_count);
}

}  // namespace
}  // namespace sundog

int main(int argc, char** argv) {
  sundog::run(sundog::sleepers(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1000));
}
