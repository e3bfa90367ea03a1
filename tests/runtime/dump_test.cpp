#include "sundog/runtime/dump.hpp"

#include <string>

#include "sundog/runtime/future.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on_test_clock;

namespace {

Task<void> deep(int depth) {
  if (depth == 0) {
    co_await sleep(1h);
    co_return;
  }
  co_await deep(depth - 1);
}
Task<void> wait_for_mutex(Mutex& mutex) { const Mutex::Guard guard = co_await mutex.lock(); }
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "the dump shows every task as a tree: what it waits for, how long, and through which frames") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    std::string dump;
    Mutex::Guard guard = co_await mutex.lock();
    const Future<void> background = async(deep(1));
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(wait_for_mutex(mutex));
      tasks.spawn(wait_for_mutex(mutex));
      const auto limited = []() -> Task<void> { co_await timeout(deep(100), 2h); };
      tasks.spawn(limited);
      co_await sleep(90s);
      dump = dump_tasks();
      guard.unlock();
      tasks.cancel_tasks();
    };
    co_await scope(body);
    background.cancel();
    INFO(dump);
    CHECK(contains(dump, "main loop\n  task made at "));
    CHECK(contains(dump, "background task\n  task made at "));
    CHECK(contains(dump, "waiting: scope"));
    CHECK(contains(dump, "      waiting: mutex (for 90"));
    CHECK(contains(dump, "        waiting: sleep (for 90"));
    CHECK(contains(dump, "      waiting: timeout"));
    CHECK(contains(dump, "running"));
    CHECK(contains(dump, "dump_test.cpp:"));
    CHECK(contains(dump, "awaited at "));
    CHECK(contains(dump, "deep"));
    CHECK(contains(dump, "... and further frames"));
  }());
  CHECK(dump_tasks() == "no main loop runs on this thread\n");
}
