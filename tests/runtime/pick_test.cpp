#include "sundog/runtime/pick.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "sundog/runtime/future.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/counted.hpp"
#include "tests/runtime/logged.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::Counted;
using sundog::test::Farewell;
using sundog::test::Logged;
using sundog::test::run_on_test_clock;

namespace {

Task<int> after(Duration delay, int value, std::vector<std::string>* gone = nullptr) {
  std::vector<std::string> unused;
  const Farewell farewell(gone == nullptr ? unused : *gone, std::to_string(value));
  co_await sleep(delay);
  co_return value;
}
Task<Counted> counted_from(Future<int> future) {
  co_await future;
  co_return Counted(1);
}
Task<int> fail_from(Future<int> future, std::string what) {
  co_await future;
  throw std::runtime_error(what);
}

}  // namespace

TEST_CASE("pick gives the first result, and the losers are gone before it returns") {
  run_on_test_clock([]() -> Task<void> {
    std::vector<std::string> gone;
    const auto first = co_await pick(after(2h, 0, &gone), after(1s, 1, &gone), after(3h, 2, &gone));
    CHECK(first.index() == 1);
    CHECK(std::get<1>(first) == 1);
    CHECK(gone.size() == 3);
    const auto second = co_await (after(1s, 5) || sleep(2s));
    CHECK(std::get<0>(second) == 5);
  }());
}

TEST_CASE("pick among a vector tells who won") {
  run_on_test_clock([]() -> Task<void> {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 100; ++i) tasks.push_back(after(1s * (100 - i), i));
    const Picked<int> first = co_await pick(std::move(tasks));
    CHECK(first.index == 99);
    CHECK(first.value == 99);
  }());
}

TEST_CASE("a task that has not begun when another wins never begins") {
  run_on_test_clock([]() -> Task<void> {
    bool began = false;
    const auto late = [](bool& flag) -> Task<int> {
      flag = true;
      co_return 2;
    };
    const auto at_once = []() -> Task<int> { co_return 1; };
    const auto first = co_await pick(at_once(), late(began));
    CHECK(first.index() == 0);
    CHECK_FALSE(began);
  }());
}

TEST_CASE("a failure wins as a value does") {
  run_on_test_clock([]() -> Task<void> {
    bool caught = false;
    try {
      co_await pick(after(1h, 1), fail_from(ready(1), "won"));
    } catch (const std::runtime_error& error) {
      caught = std::string(error.what()) == "won";
    }
    CHECK(caught);
  }());
}

TEST_CASE("a loser that has its result already ends; its value is destroyed, its failure logged") {
  const Logged logged;
  run_on_test_clock([]() -> Task<void> {
    auto [future, wakener] = wait<int>();
    const auto waker = [](Wakener<int> own) -> Task<int> {
      co_await sleep(1s);
      own.wakeup(1);
      co_return 7;
    };
    const auto first = co_await pick(waker(std::move(wakener)), counted_from(future),
                                     fail_from(future, "lost anyway"));
    CHECK(first.index() == 0);
    CHECK(Counted::alive == 0);
  }());
  CHECK(logged.lines.size() == 1);
  CHECK(logged.count("lost anyway") == 1);
}

TEST_CASE("a pick that is cancelled cancels all of its tasks") {
  run_on_test_clock([]() -> Task<void> {
    std::vector<std::string> gone;
    const auto picking = [](std::vector<std::string>& list) -> Task<void> {
      co_await pick(after(1h, 1, &list), after(2h, 2, &list));
    };
    const bool in_time = co_await try_timeout(picking(gone), 1s);
    CHECK_FALSE(in_time);
    CHECK(gone.size() == 2);
  }());
}

TEST_CASE("picks nest") {
  run_on_test_clock([]() -> Task<void> {
    const auto inner = []() -> Task<int> {
      const auto first = co_await pick(after(1h, 1), after(2s, 2));
      co_return std::get<1>(first);
    };
    const auto outer = co_await pick(inner(), inner(), after(1min, 3));
    CHECK(std::get<0>(outer) == 2);
  }());
}
