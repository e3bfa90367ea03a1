#include "sundog/runtime/task.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

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

Task<void> nothing() { co_return; }
Task<int> seven() { co_return 7; }
Task<std::unique_ptr<int>> move_only() { co_return std::make_unique<int>(8); }
Task<int&> reference(int& target) { co_return target; }
Task<const std::string&> constant(const std::string* target) { co_return *target; }
Task<std::pair<int, std::string>> braces() { co_return {1, "one"}; }

class OwnError : public std::runtime_error {
 public:
  explicit OwnError(int number) : std::runtime_error("own"), number(number) {}
  int number;
};
Task<int> fail_at_depth(int depth) {
  if (depth == 0) throw OwnError(42);
  co_return co_await fail_at_depth(depth - 1) + 1;
}
Task<void> nest_and_yield(int depth) {
  if (depth == 0) {
    co_await yield();
    co_return;
  }
  co_await nest_and_yield(depth - 1);
}
Task<int> nest(int depth) {
  if (depth == 0) co_return 0;
  const int below = co_await nest(depth - 1);
  co_return below + 1;
}
Task<void> hang(int depth) {
  if (depth == 0) {
    co_await sleep(1h);
    co_return;
  }
  co_await hang(depth - 1);
}
Task<int> keep(Counted counted) { co_return counted.value(); }

}  // namespace

TEST_CASE("a task does nothing until it is awaited") {
  bool ran = false;
  const auto body = [](bool& flag) -> Task<void> {
    flag = true;
    co_return;
  };
  Task<void> task = body(ran);
  CHECK_FALSE(ran);
  run_on_test_clock(std::move(task));
  CHECK(ran);
}

TEST_CASE("a task gives values, references, move-only values, pairs in braces, and nothing") {
  int target = 3;
  const std::string text = "constant";
  const auto body = [](int& number, const std::string* string) -> Task<void> {
    co_await nothing();
    CHECK(co_await seven() == 7);
    const std::unique_ptr<int> pointer = co_await move_only();
    CHECK(*pointer == 8);
    int& same = co_await reference(number);
    CHECK(&same == &number);
    const std::string& view = co_await constant(string);
    CHECK(&view == string);
    const auto pair = co_await braces();
    CHECK(pair.second == "one");
  };
  run_on_test_clock(body(target, &text));
}

TEST_CASE("run gives the main task's value or throws its exception with its type") {
  CHECK(run_on_test_clock(seven()) == 7);
  int target = 0;
  CHECK(&run_on_test_clock(reference(target)) == &target);
  try {
    run_on_test_clock(fail_at_depth(0));
    FAIL("it must throw");
  } catch (const OwnError& error) {
    CHECK(error.number == 42);
  }
}

TEST_CASE("an exception keeps its type through many awaiting frames") {
  const auto body = []() -> Task<int> {
    try {
      co_return co_await fail_at_depth(1000);
    } catch (const OwnError& error) {
      co_return error.number;
    }
  };
  CHECK(run_on_test_clock(body()) == 42);
}

TEST_CASE("a task that is never awaited destroys its parameters and runs nothing") {
  {
    const Task<int> task = keep(Counted(1));
    CHECK(Counted::alive == 1);
  }
  CHECK(Counted::alive == 0);
}

TEST_CASE("the awaited frame is gone when its value is there") {
  const auto body = []() -> Task<void> {
    const int value = co_await keep(Counted(5));
    CHECK(value == 5);
    CHECK(Counted::alive == 0);
  };
  run_on_test_clock(body());
}

TEST_CASE("moving a task leaves an empty one, assigning drops what was there") {
  Task<int> a = keep(Counted(1));
  Task<int> b = std::move(a);
  CHECK_FALSE(a);
  CHECK(b);
  b = keep(Counted(2));
  CHECK(Counted::alive == 1);
  CHECK(run_on_test_clock(std::move(b)) == 2);
  CHECK(Counted::alive == 0);
}

TEST_CASE("an exception thrown after co_return, by a destructor, takes the value's place") {
  struct Thrower {
    ~Thrower() noexcept(false) { throw OwnError(1); }
  };
  const auto body = []() -> Task<std::string> {
    const Thrower thrower;
    co_return std::string(100, 'x');
  };
  CHECK_THROWS_AS(run_on_test_clock(body()), OwnError);
}

TEST_CASE("five million awaits one after the other take no stack") {
  const auto body = []() -> Task<long> {
    long sum = 0;
    for (int i = 0; i < 5'000'000; ++i) {
      const int value = co_await seven();
      sum += value;
    }
    co_return sum;
  };
  CHECK(run_on_test_clock(body()) == 35'000'000);
}

TEST_CASE("three hundred thousand nested awaits take no stack") {
  CHECK(run_on_test_clock(nest(300'000)) == 300'000);
  run_on_test_clock(nest_and_yield(300'000));
}

TEST_CASE("a suspended chain of three hundred thousand frames is destroyed without recursion") {
  const auto body = []() -> Task<bool> {
    const bool in_time = co_await try_timeout(hang(300'000), 1s);
    co_return in_time;
  };
  CHECK_FALSE(run_on_test_clock(body()));
}
