#include "sundog/runtime/hooks.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/runtime/logged.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::Logged;
using sundog::test::run_on_test_clock;

TEST_CASE("loop hooks run around every wait for as long as they are kept") {
  run_on_test_clock([]() -> Task<void> {
    std::string calls;
    {
      const Hook before = before_wait([&] { calls += "b"; });
      const Hook after = after_wait([&] { calls += "a"; });
      co_await sleep(1s);
      co_await sleep(1s);
    }
    co_await sleep(1s);
    CHECK(calls == "baba");
  }());
}

TEST_CASE(
    "exit hooks are awaited last first, after value or exception, and a failing one stops no "
    "other") {
  const Logged logged;
  std::vector<std::string> words;
  const auto body = [](std::vector<std::string>& list) -> Task<void> {
    const auto first = [&list]() -> Task<void> {
      co_await sleep(1s);
      list.push_back("first added");
    };
    const auto second = []() -> Task<void> {
      co_await sleep(1s);
      throw std::runtime_error("a hook failed");
    };
    const auto third = [&list]() -> Task<void> {
      list.push_back("third added");
      co_return;
    };
    at_exit(first);
    at_exit(second);
    at_exit(third);
    list.push_back("main");
    co_await sleep(1s);
    throw std::runtime_error("main failed");
  };
  CHECK_THROWS_AS(run_on_test_clock(body(words)), std::runtime_error);
  CHECK(words == std::vector<std::string>{"main", "third added", "first added"});
  CHECK(logged.count("a hook failed") == 1);
}
