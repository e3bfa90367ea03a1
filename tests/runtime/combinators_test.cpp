#include "sundog/runtime/combinators.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/counted.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

using namespace sundog;
using sundog::test::Counted;
using sundog::test::run_on_test_clock;

namespace {

Future<int> half(const int& x) {
  if (x % 2 != 0) throw std::invalid_argument("odd");
  return ready(x / 2);
}
Future<std::string> spell(const int& x) { return ready(std::to_string(x)); }

// What a future came to, as text, so that two can be compared.
template <class T>
std::string outcome(const Future<T>& future) {
  if (future.state() == FutureState::Sleep) return "sleeps";
  try {
    if constexpr (std::is_same_v<T, std::string>) {
      return future.get();
    } else {
      return std::to_string(future.get());
    }
  } catch (const std::exception& error) {
    return error.what();
  }
}

Task<void> yield_once() { co_await yield(); }
Future<int> count_down(int n) {
  if (n == 0) return ready(42);
  return bind(async(yield_once()), [n] { return count_down(n - 1); });
}

}  // namespace

TEST_CASE("the three monad laws hold, for values, failures and futures that still sleep") {
  for (const int v : {8, 7, 6}) {
    CHECK(outcome(bind(ready(v), half)) ==
          outcome(v % 2 == 0 ? half(v) : fail<int>(std::invalid_argument("odd"))));
    const auto make = [v] { return v == 7 ? fail<int>(std::runtime_error("m")) : ready(v); };
    CHECK(outcome(bind(make(), [](const int& x) { return ready(x); })) == outcome(make()));
    const auto left = bind(bind(make(), half), spell);
    const auto right = bind(make(), [](const int& x) { return bind(half(x), spell); });
    CHECK(outcome(left) == outcome(right));

    auto [future, wakener] = wait<int>();
    const auto identity = bind(future, [](const int& x) { return ready(x); });
    const auto sleeping_left = bind(bind(future, half), spell);
    const auto sleeping_right = bind(future, [](const int& x) { return bind(half(x), spell); });
    CHECK(outcome(sleeping_left) == "sleeps");
    wakener.wakeup(v);
    CHECK(outcome(identity) == std::to_string(v));
    CHECK(outcome(sleeping_left) == outcome(sleeping_right));
    CHECK(outcome(sleeping_left) == outcome(bind(bind(ready(v), half), spell)));
  }
}

TEST_CASE("bind and map skip their function on a failure, and what it throws fails the result") {
  bool called = false;
  const auto f = bind(fail<int>(std::runtime_error("first")), [&](const int& x) {
    called = true;
    return ready(x);
  });
  CHECK(outcome(f) == "first");
  CHECK_FALSE(called);
  CHECK(outcome(map(ready(2), [](const int& x) { return x * 21; })) == "42");
  const auto thrown = map(ready(1), [](const int&) -> int { throw std::runtime_error("thrown"); });
  CHECK(outcome(thrown) == "thrown");
  CHECK(map(ready(), [] {}).state() == FutureState::Return);
}

TEST_CASE("the value reaches the function as a reference to the one that the future holds") {
  const Future<Counted> future = ready(Counted(3));
  const Counted* seen = nullptr;
  const auto next = map(future, [&](const Counted& counted) {
    seen = &counted;
    return counted.value();
  });
  CHECK(next.get() == 3);
  CHECK(seen == &future.get());
}

TEST_CASE("catch_ gives a failure to its handler, also what the start throws; values pass") {
  const auto handler = [](const std::exception_ptr&) { return ready(-1); };
  CHECK(catch_(ready(5), handler).get() == 5);
  CHECK(catch_(fail<int>(std::runtime_error("x")), handler).get() == -1);
  CHECK(catch_([] { return half(3); }, handler).get() == -1);
  auto [future, wakener] = wait<int>();
  const auto caught = catch_(future, handler);
  wakener.wakeup_exn(std::runtime_error("later"));
  CHECK(caught.get() == -1);
}

TEST_CASE("finalize runs the cleanup after value and failure; the cleanup's own failure wins") {
  int cleanups = 0;
  const auto cleanup = [&] {
    ++cleanups;
    return ready();
  };
  CHECK(finalize(ready(1), cleanup).get() == 1);
  CHECK(outcome(finalize(fail<int>(std::runtime_error("body")), cleanup)) == "body");
  CHECK(cleanups == 2);
  const auto failing = [] { return fail<void>(std::runtime_error("cleanup")); };
  CHECK(outcome(finalize(ready(1), failing)) == "cleanup");
  auto [future, wakener] = wait<int>();
  auto [gate, opener] = wait<void>();
  const auto slow = finalize(future, [g = gate] { return g; });
  wakener.wakeup(9);
  CHECK(slow.state() == FutureState::Sleep);
  opener.wakeup();
  CHECK(slow.get() == 9);
}

TEST_CASE(
    "try_bind takes one way or the other, and its value's failure does not come to the handler") {
  const auto on_error = [](const std::exception_ptr&) { return ready(-1); };
  CHECK(outcome(try_bind(ready(3), half, on_error)) == "odd");
  CHECK(outcome(try_bind(ready(4), half, on_error)) == "2");
  CHECK(outcome(try_bind(fail<int>(std::runtime_error("x")), half, on_error)) == "-1");
}

TEST_CASE("move-only values go through bind") {
  auto [future, wakener] = wait<int>();
  auto bound = bind(future, [](const int& x) { return ready(std::make_unique<int>(x)); });
  wakener.wakeup(11);
  REQUIRE(bound.state() == FutureState::Return);
  CHECK(*bound.get() == 11);
}

TEST_CASE("a loop of bind runs a million rounds in constant memory and stack") {
  const int value = run_on_test_clock([]() -> Task<int> {
    const Future<int> end = count_down(1'000'000);
    const int result = co_await end;
    co_return result;
  }());
  CHECK(value == 42);
}

TEST_CASE(
    "futures resolved from inside a resolution are told afterwards, whatever the length of the "
    "chain") {
  auto [first, wakener] = wait<int>();
  Future<int> last = first;
  for (int i = 0; i < 300'000; ++i) last = map(last, [](const int& x) { return x + 1; });
  wakener.wakeup(0);
  CHECK(last.get() == 300'000);
}
