#include "sundog/runtime/local.hpp"

#include <string>

#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on_test_clock;

namespace {

Local<std::string> name("nobody");
Local<int> number(0);

Task<std::string> get_name() {
  co_await yield();
  co_return name.get();
}
Task<void> spawned() {
  const auto seen = co_await try_timeout(get_name(), 1s);
  CHECK(seen == "outer");
  CHECK(number.get() == 3);
}
Task<std::string> inside() {
  const auto [a, b] = co_await join(name.with("inner", get_name()), get_name());
  CHECK(a == "inner");
  CHECK(b == "outer");
  const auto body = [](Scope& tasks) -> Task<void> {
    tasks.spawn(spawned());
    co_return;
  };
  co_await scope(body);
  co_return name.get();
}

}  // namespace

TEST_CASE("a local value is seen by everything below, and by nobody else") {
  run_on_test_clock([]() -> Task<void> {
    CHECK(name.get() == "nobody");
    const std::string seen = co_await name.with("outer", number.with(3, inside()));
    CHECK(seen == "outer");
    CHECK(name.get() == "nobody");
    CHECK(number.get() == 0);
  }());
  CHECK(name.get() == "nobody");
}

TEST_CASE("a task with a local value can be cancelled") {
  run_on_test_clock([]() -> Task<void> {
    const bool in_time = co_await try_timeout(name.with("late", sleep(1h)), 1s);
    CHECK_FALSE(in_time);
  }());
}
