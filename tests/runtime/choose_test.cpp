#include "sundog/runtime/choose.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on_test_clock;

namespace {

Task<int> after(Duration delay, int value) {
  co_await sleep(delay);
  co_return value;
}

}  // namespace

TEST_CASE(
    "choose takes each of those already done about equally often, and never one that sleeps") {
  int counts[3] = {};
  auto [asleep, wakener] = wait<int>();
  for (int i = 0; i < 3000; ++i) {
    const Future<int> chosen = choose(ready(0), asleep, ready(1), ready(2));
    ++counts[chosen.get()];
  }
  for (const int count : counts) CHECK(count > 800);
}

TEST_CASE("choose takes the first to finish, and the others go on") {
  run_on_test_clock([]() -> Task<void> {
    const Future<int> slow = async(after(2s, 2));
    const int first = co_await (slow || async(after(1s, 1)));
    CHECK(first == 1);
    CHECK(slow.state() == FutureState::Sleep);
    const int second = co_await slow;
    CHECK(second == 2);
  }());
}

TEST_CASE("choose among futures that are resolved in one go is fair and tells once") {
  int counts[2] = {};
  for (int i = 0; i < 1000; ++i) {
    auto [gate, opener] = wait<void>();
    // Both are resolved before the first is told.
    const auto a = map(gate, [] { return 0; });
    const auto b = map(gate, [] { return 1; });
    const Future<int> chosen = choose(a, b);
    opener.wakeup();
    ++counts[chosen.get()];
  }
  CHECK(counts[0] + counts[1] == 1000);
}

TEST_CASE("a failure is chosen as a value is") {
  auto [a, wake_a] = wait<int>();
  auto [b, wake_b] = wait<int>();
  const Future<int> chosen = choose(a, b);
  wake_b.wakeup_exn(std::runtime_error("b"));
  CHECK_THROWS_AS(chosen.get(), std::runtime_error);
}

TEST_CASE("choosing often from a future that never comes leaves nothing behind in it") {
  auto [never_there, wakener] = wait<int>();
  for (int i = 0; i < 1000; ++i) {
    auto [other, wake_other] = wait<int>();
    const Future<int> chosen = never_there || other;
    wake_other.wakeup(i);
    CHECK(chosen.get() == i);
  }
  wakener.wakeup(0);
}

TEST_CASE("join of futures gives all results, or the first failure once all have ended") {
  auto [a, wake_a] = wait<int>();
  auto [b, wake_b] = wait<std::string>();
  const auto both = a && b;
  wake_b.wakeup("b");
  CHECK(both.state() == FutureState::Sleep);
  wake_a.wakeup(1);
  CHECK(both.get() == std::tuple(1, std::string("b")));
  const auto all = join(std::vector<Future<int>>{ready(1), ready(2)});
  CHECK(all.get() == std::vector<int>{1, 2});
  auto [c, wake_c] = wait<void>();
  const auto failing = join(std::vector<Future<void>>{fail(std::runtime_error("first")), c});
  CHECK(failing.state() == FutureState::Sleep);
  wake_c.wakeup();
  CHECK_THROWS_AS(failing.get(), std::runtime_error);
  CHECK(join(ready(), ready()).state() == FutureState::Return);
}
