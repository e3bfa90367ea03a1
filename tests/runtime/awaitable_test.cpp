#include "sundog/runtime/awaitable.hpp"

#include <memory>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "sundog/runtime/attempt.hpp"
#include "sundog/runtime/choose.hpp"
#include "sundog/runtime/each_element.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/local.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/stream_operations.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on;
using sundog::test::run_on_test_clock;
using sundog::test::TestPoller;

namespace {

Task<int> seven_after(Duration delay) {
  co_await sleep(delay);
  co_return 7;
}

// How long awaiting it takes, to a millisecond.
template <Awaitable A>
Task<std::chrono::milliseconds> duration_of(A awaitable) {
  const TimePoint start = now();
  co_await std::move(awaitable);
  co_return std::chrono::floor<std::chrono::milliseconds>(now() - start);
}

}  // namespace

TEST_CASE("two awaitables of which neither is a task have the operators of tasks") {
  run_on_test_clock([]() -> Task<void> {
    CHECK(co_await duration_of(sleep(1s) && sleep(2s)) == 2s);
    CHECK(co_await duration_of(sleep(1s) || sleep(2s)) == 1s);
    CHECK(co_await duration_of(sleep(3s) || (sleep(1s) && sleep(2s))) == 2s);
    const auto first = co_await (seven_after(1s) || sleep(2s));
    CHECK(std::get<0>(first) == 7);
  }());
}

TEST_CASE("join, pick and timeout take whatever can be awaited, also each other") {
  run_on_test_clock([]() -> Task<void> {
    const auto [nothing, seven] = co_await join(sleep(1s), seven_after(2s));
    CHECK(seven == 7);
    CHECK((co_await pick(sleep(2s), seven_after(1s))).index() == 1);
    CHECK(co_await try_timeout(sleep(1s), 2s));
    CHECK_FALSE(co_await try_timeout(join(sleep(1s), sleep(3s)), 2s));
    CHECK(co_await timeout(protect(timeout(seven_after(1s), 2s)), 3s) == 7);
    CHECK(co_await duration_of(join(scope([](Scope&) { return sleep(1s); }), sleep(2s))) == 2s);
    CHECK((co_await attempt(sleep(1s))).error() == nullptr);
    static const Local<int> local(1);
    co_await local.with(2, sleep(1s));
  }());
}

TEST_CASE("a vector of any awaitables is joined and picked from") {
  run_on_test_clock([]() -> Task<void> {
    const std::vector<Sleep> sleeps = {sleep(2s), sleep(1s), sleep(3s)};
    CHECK(co_await duration_of(join(sleeps)) == 3s);
    const Picked<void> first = co_await pick(sleeps);
    CHECK(first.index == 1);
    CHECK(co_await duration_of(join(std::vector<Sleep>{sleep(2s)})) == 2s);
  }());
}

TEST_CASE("a scope spawns whatever can be awaited, and functions that give it") {
  TestPoller poller;
  run_on(poller, []() -> Task<void> {
    const auto nap = [](Duration delay) { return sleep(delay); };
    const TimePoint start = now();
    co_await scope([&](Scope& tasks) {
      tasks.spawn(sleep(1s));
      tasks.spawn(nap, 3s);
      tasks.spawn([] { return sleep(2s); });
      return sleep(1s);
    });
    CHECK(now() - start >= 3s);
    CHECK(now() - start < 4s);
  }());
}

TEST_CASE("the functions of iter_p, map_p and those of streams may give any awaitable") {
  run_on_test_clock([]() -> Task<void> {
    const std::vector<Duration> delays = {1s, 2s, 3s};
    const auto nap = [](Duration delay) { return sleep(delay); };
    CHECK(co_await duration_of(iter_p(delays, nap)) == 3s);
    CHECK(co_await duration_of(iter_s(delays, nap)) == 6s);
    const auto limited = [](Duration delay) { return try_timeout(sleep(delay), 2500ms); };
    CHECK(co_await map_p(delays, limited) == std::vector<bool>{true, true, false});
    CHECK(co_await map_s(delays, limited) == std::vector<bool>{true, true, false});
    CHECK(co_await collect(map(stream_of(delays), limited)) ==
          std::vector<bool>{true, true, false});
  }());
}

TEST_CASE("async runs whatever can be awaited, long after the expression that made it") {
  run_on_test_clock([]() -> Task<void> {
    std::string words;
    const auto begin = [&] {
      auto captured = std::make_unique<std::string>("scope");
      return async(scope([&words, captured = std::move(captured)](Scope&) -> Task<int> {
        co_await sleep(1s);
        words += *captured;
        co_return 7;
      }));
    };
    const Future<int> seven = begin();
    const Future<void> slept = async(sleep(1s) && sleep(2s));
    const Future<int> in_time = async(timeout(seven_after(2s), 3s));
    CHECK(co_await seven == 7);
    CHECK(words == "scope");
    co_await slept;
    CHECK(co_await in_time == 7);
  }());
}

TEST_CASE("a task made of an awaitable is kept, moved and awaited when it is wanted") {
  run_on_test_clock([]() -> Task<void> {
    std::vector<Task<void>> tasks;
    Mutex mutex;
    const auto add = [&] {
      tasks.push_back(as_task(sleep(1s)));
      tasks.push_back(as_task(join(sleep(1s), protect(sleep(2s)))));
      tasks.push_back(as_task(scope([](Scope&) { return sleep(3s); })));
    };
    add();
    Task<Mutex::Guard> lock = as_task(mutex.lock());
    CHECK_FALSE(mutex.locked());
    co_await sleep(5s);
    CHECK(co_await duration_of(join(std::move(tasks))) == 3s);
    const Mutex::Guard guard = co_await std::move(lock);
    CHECK(mutex.locked());
  }());
}

TEST_CASE("a sleep counts from when it is awaited, and can be made where no loop runs") {
  TestPoller poller;
  CHECK(run_on(poller, duration_of(sleep(1s))) == 1s);
  run_on(poller, []() -> Task<void> {
    Sleep later = sleep(1s);
    co_await sleep(5s);
    CHECK(co_await duration_of(std::move(later)) == 1s);
  }());
}

TEST_CASE("futures among themselves stay futures under their operators") {
  run_on_test_clock([]() -> Task<void> {
    const Future<int> first = async(seven_after(1s));
    const Future<int> second = async(seven_after(2s));
    const Future<int> chosen = first || second;
    const Future<std::tuple<int, int>> both = first && second;
    CHECK(co_await chosen == 7);
    CHECK(co_await both == std::tuple(7, 7));
    const auto mixed = co_await (second && sleep(1s));
    CHECK(std::get<0>(mixed) == 7);
  }());
}
