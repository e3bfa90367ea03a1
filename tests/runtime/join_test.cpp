#include "sundog/runtime/join.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

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

Task<int> after(Duration delay, int value) {
  co_await sleep(delay);
  co_return value;
}
Task<void> fail_after(Duration delay, std::string what) {
  co_await sleep(delay);
  throw std::runtime_error(what);
}
Task<std::unique_ptr<int>> pointer() { co_return std::make_unique<int>(3); }
Task<Counted> counted_after(Duration delay) {
  co_await sleep(delay);
  co_return Counted(1);
}
Task<void> say_when_gone(std::vector<std::string>& list, std::string word, Duration delay) {
  const Farewell farewell(list, word);
  co_await sleep(delay);
}

}  // namespace

TEST_CASE("join gives all results in the order of the tasks, whatever ends first") {
  run_on_test_clock([]() -> Task<void> {
    const TimePoint start = now();
    const auto [a, b, c, d] = co_await join(after(2s, 1), pointer(), sleep(1s), after(1s, 4));
    CHECK(a == 1);
    CHECK(*b == 3);
    CHECK(c == std::monostate());
    CHECK(d == 4);
    CHECK(now() - start == 2s);
    const auto both = co_await (after(1s, 5) && after(2s, 6));
    CHECK(both == std::tuple(5, 6));
  }());
}

TEST_CASE("join of a vector gives a vector; of none, an empty one") {
  run_on_test_clock([]() -> Task<void> {
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 1000; ++i) tasks.push_back(after(1s * (1000 - i), i));
    const std::vector<int> all = co_await join(std::move(tasks));
    REQUIRE(all.size() == 1000);
    for (int i = 0; i < 1000; ++i) CHECK(all[static_cast<std::size_t>(i)] == i);
    const std::vector<int> none = co_await join(std::vector<Task<int>>());
    CHECK(none.empty());
    co_await join(std::vector<Task<void>>());
  }());
}

TEST_CASE("join waits for all, then throws the first failure and logs the others") {
  const Logged logged;
  run_on_test_clock([]() -> Task<void> {
    const TimePoint start = now();
    std::string what;
    try {
      co_await join(fail_after(2s, "late"), fail_after(1s, "early"), after(3s, 1));
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    CHECK(what == "early");
    CHECK(now() - start == 3s);
  }());
  CHECK(logged.lines.size() == 1);
  CHECK(logged.count("late") == 1);
}

TEST_CASE("cancelling a join cancels its tasks and waits until they are gone") {
  std::vector<std::string> gone;
  run_on_test_clock([](std::vector<std::string>& list) -> Task<void> {
    const auto joined = [](std::vector<std::string>& inner) -> Task<void> {
      const Farewell farewell(inner, "parent");
      co_await join(say_when_gone(inner, "short", 1s), say_when_gone(inner, "long", 1h),
                    counted_after(1s), counted_after(1h));
    };
    const bool in_time = co_await try_timeout(joined(list), 1min);
    CHECK_FALSE(in_time);
  }(gone));
  CHECK(gone == std::vector<std::string>{"short", "long", "parent"});
  CHECK(Counted::alive == 0);
}
