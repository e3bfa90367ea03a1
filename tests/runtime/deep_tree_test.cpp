// Trees of jobs and owners far deeper than the stack: they are built, cancelled, unwound and dumped
// without recursion.
#include <string>

#include "sundog/runtime/dump.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/local.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on_test_clock;

namespace {

constexpr int deep = 300'000;
// A call for each fills a stack of 8 MB where nothing is optimised.
constexpr int deep_enough = 100'000;
const Local<int> depth_below(0);

// Each awaits an owner under which the next one runs; the last one sleeps.
Task<int> in_scopes(int depth) {
  if (depth == 0) co_await sleep(1h);
  if (depth == 0) co_return 1;
  const auto body = [&](Scope&) -> Task<int> { return in_scopes(depth - 1); };
  const int value = co_await scope(body);
  co_return value;
}
Task<void> spawned(int depth) {
  if (depth == 0) co_await sleep(1h);
  if (depth == 0) co_return;
  const auto body = [&](Scope& tasks) -> Task<void> {
    tasks.spawn(spawned(depth - 1));
    co_await sleep(1h);
  };
  co_await scope(body);
}
Task<int> in_joins(int depth) {
  if (depth == 0) co_await sleep(1h);
  if (depth == 0) co_return 1;
  const auto [value, none] = co_await join(in_joins(depth - 1), sleep(1min));
  co_return value;
}
Task<int> in_picks(int depth) {
  if (depth == 0) co_await sleep(1h);
  if (depth == 0) co_return 1;
  const auto won = co_await pick(in_picks(depth - 1), sleep(2h));
  co_return won.index() == 0 ? std::get<0>(won) : 0;
}
Task<int> in_timeouts(int depth) {
  if (depth == 0) co_await sleep(1h);
  if (depth == 0) co_return 1;
  const int value = co_await timeout(in_timeouts(depth - 1), 2h);
  co_return value;
}
Task<int> in_locals(int depth) {
  if (depth == 0) co_await sleep(1h);
  if (depth == 0) co_return depth_below.get();
  const int value = co_await depth_below.with(depth, in_locals(depth - 1));
  co_return value;
}
Task<int> in_shields(int depth) {
  if (depth == 0) {
    const auto first = co_await pick(sleep(1h), until_cancelled());
    co_return first.index() == 0 ? 1 : 2;
  }
  const int value = co_await protect(in_shields(depth - 1));
  co_return value;
}
// One kind below the other.
Task<int> mixed(int depth) {
  if (depth == 0) co_await sleep(1h);
  if (depth == 0) co_return 1;
  const auto in_timeout = [&]() -> Task<int> {
    const int value = co_await timeout(mixed(depth - 1), 2h);
    co_return value;
  };
  const auto body = [&](Scope&) -> Task<int> {
    const auto won = co_await pick(in_timeout(), sleep(3h));
    co_return std::get<0>(won);
  };
  const int value = co_await scope(body);
  co_return value;
}

// Whether it ends by itself, and when it is cancelled long before.
template <class Make>
void build_and_cancel(Make make) {
  const auto body = [&]() -> Task<void> {
    co_await make();
    const TimePoint start = now();
    const auto in_time = co_await try_timeout(make(), 1s);
    CHECK_FALSE(static_cast<bool>(in_time));
    CHECK(now() - start == 1s);
  };
  run_on_test_clock(body());
}

}  // namespace

TEST_CASE("scopes in scopes, of any depth, end and are cancelled without recursion") {
  build_and_cancel([] { return in_scopes(deep); });
  build_and_cancel([] { return spawned(deep_enough); });
}

TEST_CASE("joins and picks of any depth end and are cancelled without recursion") {
  build_and_cancel([] { return in_joins(deep_enough); });
  build_and_cancel([] { return in_picks(deep_enough); });
}

TEST_CASE("timeouts and local values of any depth end and are cancelled without recursion") {
  build_and_cancel([] { return in_timeouts(deep_enough); });
  build_and_cancel([] { return in_locals(deep_enough); });
}

TEST_CASE("owners of all kinds below each other are cancelled without recursion") {
  build_and_cancel([] { return mixed(deep_enough / 3); });
}

TEST_CASE("shields in shields, of any depth, are told without recursion") {
  const auto body = []() -> Task<void> {
    int value = 0;
    const auto shielded = [&]() -> Task<void> {
      value = co_await protect(in_shields(deep_enough));
    };
    const TimePoint start = now();
    co_await try_timeout(shielded(), 1s);
    CHECK(now() - start == 1s);
    CHECK(value == 2);
  };
  run_on_test_clock(body());
}

TEST_CASE("the dump of a tree of any depth is cut, and takes no stack") {
  const auto body = []() -> Task<void> {
    std::string dump;
    const auto look = [&]() -> Task<void> {
      co_await sleep(1s);
      dump = dump_tasks();
    };
    co_await pick(in_scopes(deep_enough), look());
    CHECK(dump.find("... and deeper tasks") != std::string::npos);
  };
  run_on_test_clock(body());
}
