#include "sundog/runtime/pick.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "sundog/runtime/channel.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/language/fair.hpp"
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
Task<void> slow() { co_await sleep(1h); }
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
    for (int i = 0; i < 100; ++i) {
      std::vector<int> begun;
      const auto at_once = [](std::vector<int>& list, int number) -> Task<int> {
        list.push_back(number);
        co_return number;
      };
      const auto first = co_await pick(at_once(begun, 0), at_once(begun, 1), at_once(begun, 2));
      CHECK(begun == std::vector<int>{static_cast<int>(first.index())});
    }
  }());
}

TEST_CASE("of several tasks that can end at once each is equally likely to win") {
  Fair::seed(1);
  run_on_test_clock([]() -> Task<void> {
    constexpr int picks = 3000;
    const auto at_once = [](int number) -> Task<int> { co_return number; };
    int tuple_wins[3] = {};
    int vector_wins[3] = {};
    for (int i = 0; i < picks; ++i) {
      // One that has to wait stands between those that need not: they are alike all the same.
      const auto won = co_await pick(at_once(0), slow(), at_once(1), at_once(2));
      ++tuple_wins[won.index() == 0 ? 0 : won.index() - 1];
      std::vector<Task<int>> tasks;
      for (int number = 0; number < 3; ++number) tasks.push_back(at_once(number));
      const Picked<int> first = co_await pick(std::move(tasks));
      CHECK(first.index == static_cast<std::size_t>(first.value));
      ++vector_wins[first.index];
    }
    // 1000 is expected, with a standard deviation of 26.
    for (const int wins : tuple_wins) CHECK(std::abs(wins - picks / 3) < 150);
    for (const int wins : vector_wins) CHECK(std::abs(wins - picks / 3) < 150);
  }());
}

TEST_CASE("what the losers of a pick would have taken at once stays where it is") {
  run_on_test_clock([]() -> Task<void> {
    Channel<int> left(100);
    Channel<int> right(100);
    for (int i = 0; i < 100; ++i) {
      CHECK(left.try_send(i));
      CHECK(right.try_send(i));
    }
    for (int i = 0; i < 100; ++i) co_await pick(left.receive(), right.receive());
    CHECK(left.size() + right.size() == 100);
    CHECK(left.size() > 20);
    CHECK(right.size() > 20);
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
    CHECK((outer.index() == 0 ? std::get<0>(outer) : std::get<1>(outer)) == 2);
  }());
}
