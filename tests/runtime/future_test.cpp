#include "sundog/runtime/future.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sundog/runtime/combinators.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
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

Task<void> add_when_there(Future<int> future, int& sum) {
  const int value = co_await future;
  sum += value;
}
Task<int> after(Duration delay, int value) {
  co_await sleep(delay);
  co_return value;
}

}  // namespace

TEST_CASE("a future sleeps until its wakener wakes it, with a value or an exception") {
  auto [future, wakener] = wait<int>();
  CHECK(future.state() == FutureState::Sleep);
  wakener.wakeup(7);
  CHECK(future.state() == FutureState::Return);
  CHECK(future.get() == 7);
  auto [failing, breaker] = wait<void>();
  breaker.wakeup_exn(std::runtime_error("broken"));
  CHECK(failing.state() == FutureState::Fail);
  CHECK_THROWS_AS(failing.get(), std::runtime_error);
  CHECK(ready(3).get() == 3);
  CHECK(ready().state() == FutureState::Return);
  CHECK(fail<int>(std::runtime_error("x")).state() == FutureState::Fail);
}

TEST_CASE("any number of tasks may await a future, and later ones get the same result") {
  run_on_test_clock([]() -> Task<void> {
    auto [future, wakener] = wait<int>();
    int sum = 0;
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 100; ++i) tasks.spawn(add_when_there(future, sum));
      co_await sleep(1s);
      wakener.wakeup(2);
    };
    co_await scope(body);
    CHECK(sum == 200);
    co_await add_when_there(future, sum);
    CHECK(sum == 202);
  }());
}

TEST_CASE("those who wait are resumed by the scheduler, not from inside wakeup") {
  run_on_test_clock([]() -> Task<void> {
    auto [future, wakener] = wait<int>();
    int sum = 0;
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(add_when_there(future, sum));
      co_await yield();
      wakener.wakeup(1);
      CHECK(sum == 0);
    };
    co_await scope(body);
    CHECK(sum == 1);
  }());
}

TEST_CASE(
    "a named future gives a reference, a temporary one the value, moved if it cannot be copied") {
  run_on_test_clock([]() -> Task<void> {
    const Future<std::string> text = ready(std::string("text"));
    const std::string& a = co_await text;
    const std::string& b = co_await text;
    CHECK(&a == &b);
    auto [future, wakener] = wait<std::unique_ptr<int>>();
    wakener.wakeup(std::make_unique<int>(5));
    const std::unique_ptr<int> pointer = co_await std::move(future);
    CHECK(*pointer == 5);
  }());
}

TEST_CASE("a future whose wakener is dropped fails with BrokenPromise") {
  const auto broken = [] {
    auto [future, wakener] = wait<int>();
    Wakener<int> moved = std::move(wakener);
    return future;
  }();
  CHECK_THROWS_AS(broken.get(), BrokenPromise);
}

TEST_CASE("cancelling a task that awaits a future ends the waiting, not the future") {
  run_on_test_clock([]() -> Task<void> {
    auto [future, wakener] = wait<int>();
    const auto late = co_await try_timeout(future, 1s);
    CHECK_FALSE(late.has_value());
    CHECK(future.state() == FutureState::Sleep);
    wakener.wakeup(1);
    const auto there = co_await try_timeout(future, 1s);
    CHECK(there == 1);
  }());
}

TEST_CASE("an awaiter that is cancelled while its resolution is on the way gets the result") {
  // The first to be told cancels the second, whose turn in the queue of resolutions has not come.
  run_on_test_clock([]() -> Task<void> {
    auto [future, wakener] = wait<int>();
    int sum = 0;
    const auto canceller = [](Future<int> own, Scope& tasks) -> Task<void> {
      co_await own;
      tasks.cancel_tasks();
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(canceller(future, tasks));
      tasks.spawn(add_when_there(future, sum));
      co_await yield();
      wakener.wakeup(3);
    };
    co_await scope(body);
    CHECK(sum == 3);
  }());
}

TEST_CASE("async starts a task and gives its value, its failure, or Canceled") {
  run_on_test_clock([]() -> Task<void> {
    const Future<int> value = async(after(1s, 4));
    CHECK(value.state() == FutureState::Sleep);
    const int four = co_await value;
    CHECK(four == 4);
    const auto thrower = []() -> Task<void> {
      co_await yield();
      throw std::runtime_error("async");
    };
    const Future<void> failing = async(thrower());
    bool caught = false;
    try {
      co_await failing;
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    const Future<int> cancelled = async(after(1h, 5));
    co_await yield();
    cancelled.cancel();
    bool canceled = false;
    try {
      co_await cancelled;
    } catch (const Canceled&) {
      canceled = true;
    }
    CHECK(canceled);
  }());
}

TEST_CASE("background tasks that still run when the main task ends are cancelled and awaited") {
  const auto background = []() -> Task<void> {
    const Counted counted;
    co_await sleep(1h);
  };
  run_on_test_clock([](auto& make) -> Task<void> {
    Future<void> forgotten = async(make());
    co_await sleep(1s);
    CHECK(Counted::alive == 1);
  }(background));
  CHECK(Counted::alive == 0);
}

TEST_CASE("a long chain of futures that resolve each other takes no stack") {
  run_on_test_clock([]() -> Task<void> {
    const auto link = [](Future<int> before) -> Task<int> {
      const int value = co_await before;
      co_return value + 1;
    };
    auto [first, wakener] = wait<int>();
    Future<int> last = first;
    for (int i = 0; i < 10'000; ++i) last = async(link(last));
    wakener.wakeup(0);
    const int count = co_await last;
    CHECK(count == 10'000);
  }());
}

TEST_CASE("a combinator's function may drop the wakener and the future whose resolution calls it") {
  std::optional<std::pair<Future<int>, Wakener<int>>> ends = wait<int>();
  const Future<int> next = map(ends->first, [&](const int& value) {
    ends.reset();
    return value + 1;
  });
  ends->second.wakeup(6);
  CHECK(next.get() == 7);

  ends = wait<int>();
  std::optional<Future<int>> rescued = catch_(ends->first, [&](const std::exception_ptr&) {
    rescued.reset();
    return ready(0);
  });
  ends.reset();  // breaks the promise
  CHECK_FALSE(rescued);
}

TEST_CASE("what an assigned wakener was to wake learns at once that nobody will") {
  auto [first, wakener] = wait<int>();
  auto [second, other] = wait<int>();
  Wakener<int>& itself = wakener;
  wakener = std::move(itself);
  CHECK(first.state() == FutureState::Sleep);
  wakener = std::move(other);
  CHECK_THROWS_AS(first.get(), BrokenPromise);
  wakener.wakeup(2);
  CHECK(second.get() == 2);
}
