#include "sundog/runtime/each_element.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "sundog/runtime/attempt.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on_test_clock;

namespace {

const std::vector<int> numbers = {5, 3, 1, 4, 2};

Task<int> slow_square(int n) {
  co_await sleep(1s * n);
  co_return n* n;
}
Task<bool> is_odd(const int& n) {
  co_await sleep(1s);
  co_return n % 2 != 0;
}
const std::vector<int> squares = {25, 9, 1, 16, 4};

}  // namespace

TEST_CASE("map_s works one after the other, map_p side by side, at most so many at a time") {
  run_on_test_clock([]() -> Task<void> {
    TimePoint start = now();
    auto results = co_await map_s(numbers, slow_square);
    CHECK(results == squares);
    CHECK(now() - start == 15s);
    start = now();
    results = co_await map_p(numbers, slow_square);
    CHECK(results == squares);
    CHECK(now() - start == 5s);
    int running = 0;
    int most = 0;
    const auto counted = [&](int n) -> Task<int> {
      most = std::max(most, ++running);
      const int result = co_await slow_square(n);
      --running;
      co_return result;
    };
    results = co_await map_p(numbers, counted, 2);
    CHECK(results == squares);
    CHECK(most == 2);
    const auto none = co_await map_p(std::vector<int>(), slow_square);
    CHECK(none.empty());
  }());
}

TEST_CASE("iter_s, iter_p, filter, fold, find, exists and for_all do what Lwt_list's do") {
  run_on_test_clock([]() -> Task<void> {
    std::vector<int> seen;
    const auto note = [&](int n) -> Task<void> {
      co_await sleep(1s * n);
      seen.push_back(n);
    };
    co_await iter_s(numbers, note);
    CHECK(seen == numbers);
    seen.clear();
    co_await iter_p(numbers, note);
    CHECK(seen == std::vector<int>{1, 2, 3, 4, 5});
    auto odd = co_await filter_s(numbers, is_odd);
    CHECK(odd == std::vector<int>{5, 3, 1});
    odd = co_await filter_p(numbers, is_odd);
    CHECK(odd == std::vector<int>{5, 3, 1});
    const auto subtract = [](int state, int n) -> Task<int> { co_return 10 * state + n; };
    const int folded = co_await fold_s(numbers, 0, subtract);
    CHECK(folded == 53142);
    const auto even = [](const int& n) -> Task<bool> { co_return n % 2 == 0; };
    const auto found = co_await find_s(numbers, even);
    CHECK(found == 4);
    const bool exists = co_await exists_s(numbers, even);
    CHECK(exists);
    const bool all = co_await for_all_s(numbers, even);
    CHECK_FALSE(all);
  }());
}

TEST_CASE("side by side, the first failure cancels the others") {
  run_on_test_clock([]() -> Task<void> {
    const TimePoint start = now();
    const auto failing = [](int n) -> Task<void> {
      co_await sleep(1s * n);
      if (n == 2) throw std::runtime_error("two");
    };
    const auto result = co_await attempt(iter_p(numbers, failing));
    CHECK(result.error() != nullptr);
    CHECK(now() - start == 2s);
  }());
}

TEST_CASE("attempt gives a task's end as a value") {
  run_on_test_clock([]() -> Task<void> {
    auto value = co_await attempt(slow_square(3));
    CHECK(value.error() == nullptr);
    CHECK(value.take() == 9);
    const auto thrower = []() -> Task<int> {
      co_await sleep(1s);
      throw std::runtime_error("x");
    };
    auto failure = co_await attempt(thrower());
    CHECK_FALSE(failure.has_value());
    CHECK_THROWS_AS(failure.take(), std::runtime_error);
  }());
}
