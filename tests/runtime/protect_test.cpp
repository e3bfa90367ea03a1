#include "sundog/runtime/protect.hpp"

#include <string>
#include <vector>

#include "sundog/runtime/join.hpp"
#include "sundog/runtime/pick.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/counted.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on_test_clock;

namespace {

using Words = std::vector<std::string>;

Task<int> shielded(Words& words) {
  co_await sleep(10s);
  words.push_back(cancel_requested() ? "asked" : "not asked");
  co_return 1;
}

}  // namespace

TEST_CASE("a protected task runs to its end; its parent goes on with the value, to its next wait") {
  run_on_test_clock([]() -> Task<void> {
    Words words;
    const auto parent = [&]() -> Task<void> {
      const int value = co_await protect(shielded(words));
      words.push_back("value " + std::to_string(value));
      co_await sleep(1s);
      words.push_back("never");
    };
    const TimePoint start = now();
    const bool in_time = co_await try_timeout(parent(), 1s);
    CHECK_FALSE(in_time);
    CHECK(now() - start == 10s);
    CHECK(words == Words{"asked", "value 1"});
    const int undisturbed = co_await protect(shielded(words));
    CHECK(undisturbed == 1);
    CHECK(words.back() == "not asked");
  }());
}

TEST_CASE("until_cancelled tells a protected task, through nested protections too") {
  run_on_test_clock([]() -> Task<void> {
    Words words;
    const auto hurrying = [&]() -> Task<void> {
      const auto first = co_await pick(sleep(1h), until_cancelled());
      words.push_back(first.index() == 1 ? "told" : "slept");
      co_await until_cancelled();
      words.push_back("told again at once");
    };
    const auto twice = [&]() -> Task<void> { co_await protect(protect(hurrying())); };
    const TimePoint start = now();
    const bool in_time = co_await try_timeout(twice(), 1s);
    CHECK(in_time);  // it ended without a further wait
    CHECK(now() - start == 1s);
    CHECK(words == Words{"told", "told again at once"});
  }());
}

TEST_CASE(
    "outside of a protection, until_cancelled waits until its task is cancelled and ends there") {
  run_on_test_clock([]() -> Task<void> {
    const bool in_time = co_await try_timeout(until_cancelled(), 1s);
    CHECK_FALSE(in_time);
  }());
}
