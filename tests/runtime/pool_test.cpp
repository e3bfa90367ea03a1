#include "sundog/runtime/pool.hpp"

#include <stdexcept>
#include <vector>

#include "sundog/runtime/scope.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/counted.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::Counted;
using sundog::test::run_on_test_clock;

namespace {

Task<void> hold(Counted&) { co_await sleep(1s); }

}  // namespace

TEST_CASE("a pool makes members when they are needed, up to its limit, and uses them again") {
  run_on_test_clock([]() -> Task<void> {
    int made = 0;
    const auto create = [&]() -> Task<Counted> {
      co_await sleep(0s);
      co_return Counted(++made);
    };
    Pool<Counted> pool(3, create);
    CHECK(made == 0);
    const TimePoint start = now();
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto use = [&]() -> Task<void> { co_await pool.use(hold); };
      for (int i = 0; i < 9; ++i) tasks.spawn(use);
      co_await sleep(500ms);
      CHECK(pool.waiter_count() == 6);
      CHECK(pool.used_count() == 3);
    };
    co_await scope(body);
    CHECK(made == 3);
    CHECK(pool.idle_count() == 3);
    CHECK(now() - start == 3s);
    co_await pool.clear();
    CHECK(pool.idle_count() == 0);
    CHECK(Counted::alive == 0);
  }());
}

TEST_CASE("a member goes back to the pool after a failure and after a cancellation") {
  run_on_test_clock([]() -> Task<void> {
    int made = 0;
    const auto create = [&]() -> Task<Counted> { co_return Counted(++made); };
    Pool<Counted> pool(1, create);
    const auto fail = [](Counted&) -> Task<int> {
      co_await sleep(1s);
      throw std::runtime_error("use");
    };
    bool thrown = false;
    try {
      co_await pool.use(fail);
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
    const bool in_time = co_await try_timeout(pool.use(hold), 1ms);
    CHECK_FALSE(in_time);
    CHECK(pool.idle_count() == 1);
    const auto number = [](Counted& counted) -> Task<int> { co_return counted.value(); };
    const int value = co_await pool.use(number);
    CHECK(value == 1);
  }());
}

TEST_CASE("a member is validated before it is used again; a bad one is disposed of and replaced") {
  run_on_test_clock([]() -> Task<void> {
    int made = 0;
    std::vector<int> disposed;
    const auto create = [&]() -> Task<Counted> { co_return Counted(++made); };
    const auto validate = [](Counted& member) -> Task<bool> { co_return member.value() > 2; };
    const auto dispose = [&](Counted member) -> Task<void> {
      co_await sleep(0s);
      disposed.push_back(member.value());
    };
    Pool<Counted> pool(2, create, validate, dispose);
    for (int i = 0; i < 4; ++i) co_await pool.use(hold);
    CHECK(made == 3);
    CHECK(disposed == std::vector<int>{1, 2});
  }());
}

TEST_CASE("when making a member fails, the next use tries again") {
  run_on_test_clock([]() -> Task<void> {
    int tries = 0;
    const auto create = [&]() -> Task<Counted> {
      if (++tries == 1) throw std::runtime_error("not yet");
      co_return Counted(tries);
    };
    Pool<Counted> pool(1, create);
    bool thrown = false;
    try {
      co_await pool.use(hold);
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
    co_await pool.use(hold);
    CHECK(pool.idle_count() == 1);
  }());
}
