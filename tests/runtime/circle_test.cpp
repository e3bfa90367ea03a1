#include "runtime/circle.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/future.hpp"
#include "runtime/mutex.hpp"
#include "runtime/scope.hpp"
#include "runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "timers/sleep.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on_test_clock;

namespace {

Task<void> lock_both(Mutex& first, Mutex& second) {
  const Mutex::Guard one = co_await first.lock();
  co_await yield();
  const Mutex::Guard two = co_await second.lock();
}
Task<void> wait_below(Mutex& mutex) {
  const auto body = [&](Scope&) -> Task<void> { const Mutex::Guard guard = co_await mutex.lock(); };
  co_await scope(body);
}
Task<void> hold_while_waiting_below(Mutex& mutex) {
  const Mutex::Guard guard = co_await mutex.lock();
  co_await wait_below(mutex);
}

// The lines of a report.
std::size_t line_count(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}
std::string deadlock_of(Task<void> task) {
  try {
    run_on_test_clock(std::move(task));
  } catch (const Deadlock& deadlock) {
    return deadlock.what();
  }
  return "it ended";
}

}  // namespace

TEST_CASE("a deadlock names the tasks that hold what the others wait for") {
  const std::string why = deadlock_of([]() -> Task<void> {
    Mutex a;
    Mutex b;
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(lock_both(a, b));
      tasks.spawn(lock_both(b, a));
      co_return;
    };
    co_await scope(body);
  }());
  INFO(why);
  const std::size_t at = why.find("tasks that wait for each other in a circle:\n");
  REQUIRE(at != std::string::npos);
  const std::string circle = why.substr(at);
  CHECK(line_count(circle) == 4);
  CHECK_THAT(circle, Catch::Contains("circle_test.cpp") && Catch::Contains("lock_both") &&
                         Catch::Contains(": mutex\n") &&
                         Catch::EndsWith("  and the first of them again\n"));
}

TEST_CASE("a circle may lead down the tree of tasks, and through futures") {
  Mutex mutex;  // outlives the background task
  const std::string why = deadlock_of([&]() -> Task<void> {
    const Future<void> future = async(hold_while_waiting_below(mutex));
    co_await future;
  }());
  INFO(why);
  const std::string circle = why.substr(why.find("in a circle"));
  // The holder, whose scope waits for its body, which waits for the holder.
  CHECK(line_count(circle) == 4);
  CHECK_THAT(circle, Catch::Contains(": scope\n") && Catch::Contains(": mutex\n"));
}

TEST_CASE("tasks that merely wait are no circle") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    const auto hold = [&]() -> Task<void> {
      const Mutex::Guard guard = co_await mutex.lock();
      co_await sleep(2s);
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(hold);
      tasks.spawn(hold);
      co_await sleep(1s);
      CHECK(describe_circle() == "");
    };
    co_await scope(body);
  }());
  CHECK(describe_circle() == "");
}

TEST_CASE("a deadlock without a circle says who waits for what, and no more") {
  const std::string why = deadlock_of([]() -> Task<void> {
    const auto [future, wakener] = wait<int>();
    co_await future;
  }());
  CHECK_THAT(why, Catch::Contains("future") && !Catch::Contains("in a circle"));
}
