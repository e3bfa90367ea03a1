// Cancelled work never looks like success: whatever joins cancelled tasks is unwound with them,
// unless all that its result is made of was complete.
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "sundog/runtime/attempt.hpp"
#include "sundog/runtime/channel.hpp"
#include "sundog/runtime/each_element.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/local.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/stream_operations.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on_test_clock;

namespace {

Task<int> slow(int value) {
  co_await sleep(1h);
  co_return value;
}
Task<void> slow_task() { co_await sleep(1h); }
// Its body ends long before its task.
Task<int> scope_with_slow_task() {
  const auto body = [](Scope& tasks) -> Task<int> {
    tasks.spawn(slow_task());
    co_return 1;
  };
  const int value = co_await scope(body);
  co_return value;
}
Task<int> slow_map_p() {
  std::vector<int> numbers = {1, 2, 3};
  const std::vector<int> values = co_await map_p(std::move(numbers), slow);
  co_return values.front();
}
Task<int> slow_filter_p() {
  const auto keep = [](const int&) -> Task<bool> {
    co_await sleep(1h);
    co_return true;
  };
  std::vector<int> numbers = {1, 2, 3};
  const std::vector<int> kept = co_await filter_p(std::move(numbers), keep, 2);
  co_return static_cast<int>(kept.size());
}
Task<int> slow_iter_p() {
  const auto wait = [](int) -> Task<void> { co_await sleep(1h); };
  std::vector<int> numbers = {1, 2, 3};
  co_await iter_p(std::move(numbers), wait, 2);
  co_return 1;
}
// One branch has its value, the other none.
Task<int> half_join() {
  const auto at_once = []() -> Task<int> { co_return 1; };
  const auto both = co_await join(at_once(), scope_with_slow_task());
  co_return std::get<0>(both);
}
Task<int> slow_pick() {
  const auto first = co_await pick(scope_with_slow_task(), scope_with_slow_task());
  co_return first.index() == 0 ? std::get<0>(first) : std::get<1>(first);
}
Task<int> slow_collect() {
  const auto fetch = [](int number) -> Task<int> {
    const int value = co_await scope_with_slow_task();
    co_return number + value;
  };
  std::vector<int> numbers = {1, 2};
  const std::vector<int> values = co_await collect(map(stream_of(std::move(numbers)), fetch));
  co_return values.front();
}
Task<int> slow_with_local() {
  static const Local<int> key(0);
  const int value = co_await key.with(1, scope_with_slow_task());
  co_return value;
}
Task<int> slow_timeout() {
  const std::optional<int> value = co_await try_timeout(scope_with_slow_task(), 2h);
  co_return value.value_or(0);
}

using Make = Task<int> (*)();
constexpr Make all_of_them[] = {scope_with_slow_task, slow_map_p,      slow_filter_p,
                                slow_iter_p,          half_join,       slow_pick,
                                slow_collect,         slow_with_local, slow_timeout};

}  // namespace

TEST_CASE("whatever waits for tasks that a deadline cancels is late, though some had ended") {
  run_on_test_clock([]() -> Task<void> {
    for (const Make make : all_of_them) {
      const std::optional<int> value = co_await try_timeout(make(), 1s);
      CHECK_FALSE(value.has_value());
      bool late = false;
      try {
        co_await timeout(make(), 1s);
      } catch (const std::system_error& error) {
        late = error.code() == std::errc::timed_out;
      }
      CHECK(late);
    }
  }());
}

TEST_CASE("the future of a task that was cancelled while it waited for tasks fails with Canceled") {
  run_on_test_clock([]() -> Task<void> {
    for (const Make make : all_of_them) {
      const Future<int> future = async(make());
      co_await sleep(1s);
      future.cancel();
      bool canceled = false;
      try {
        co_await future;
      } catch (const Canceled&) {
        canceled = true;
      }
      CHECK(canceled);
    }
  }());
}

TEST_CASE("a pick's loser, a sibling of a failure and a task of a cancelled scope do not go on") {
  run_on_test_clock([]() -> Task<void> {
    for (const Make make : all_of_them) {
      bool went_on = false;
      const auto watch = [&]() -> Task<void> {
        co_await make();
        went_on = true;
      };
      co_await pick(watch(), sleep(1s));
      const auto failing = [&](Scope& tasks) -> Task<void> {
        tasks.spawn(watch());
        co_await sleep(1s);
        throw std::runtime_error("end");
      };
      const auto end = co_await attempt(scope(failing));
      CHECK(end.error() != nullptr);
      const auto dismissing = [&](Scope& tasks) -> Task<void> {
        tasks.spawn(watch());
        co_await sleep(1s);
        tasks.cancel_tasks();
      };
      co_await scope(dismissing);
      CHECK_FALSE(went_on);
    }
  }());
}

TEST_CASE("a scope whose tasks all had ended when it was cancelled has its value") {
  run_on_test_clock([]() -> Task<void> {
    // The body and the task end in the very turn in which the deadline strikes, and before it.
    const auto body = [](Scope& tasks) -> Task<int> {
      const auto task = []() -> Task<void> { co_await sleep(1s); };
      tasks.spawn(task);
      co_return 5;
    };
    const auto value = co_await try_timeout(scope(body), 1s + 1ns);
    CHECK(value == 5);
  }());
}

TEST_CASE("a scope whose tasks complete as they are cancelled has its value, an owner above too") {
  run_on_test_clock([]() -> Task<void> {
    Channel<int> channel(1);
    int received = 0;
    const auto scoped = [&]() -> Task<int> {
      const auto body = [&](Scope& tasks) -> Task<int> {
        const auto receive = [&]() -> Task<void> {
          const std::optional<int> value = co_await channel.receive();
          received = value.value_or(0);
        };
        tasks.spawn(receive);
        co_return 5;
      };
      const int value = co_await scope(body);
      co_return value;
    };
    const Future<int> future = async(scoped());
    co_await sleep(1s);
    int sent = 7;
    CHECK(channel.try_send(sent));
    future.cancel();  // the receiver has its value already
    const int value = co_await future;
    CHECK(value == 5);
    CHECK(received == 7);
  }());
}

TEST_CASE("shielded tasks of a cancelled scope complete, and the scope has its value") {
  run_on_test_clock([]() -> Task<void> {
    const auto body = [](Scope& tasks) -> Task<int> {
      const auto shielded = []() -> Task<void> { co_await protect(sleep(1min)); };
      tasks.spawn(shielded);
      co_return 5;
    };
    const auto value = co_await try_timeout(scope(body), 1s);
    CHECK(value == 5);
  }());
}

TEST_CASE("tasks that the body itself had cancelled are not missed when the scope is cancelled") {
  run_on_test_clock([]() -> Task<void> {
    const auto scoped = [](bool dismissed) -> Task<int> {
      const auto body = [&](Scope& tasks) -> Task<int> {
        // One that ends only later, though without result.
        const auto lingering = []() -> Task<void> {
          co_await protect(sleep(1min));
          co_await sleep(1h);
        };
        tasks.spawn(lingering);
        co_await sleep(1s);
        if (dismissed) tasks.cancel_tasks();
        co_return 5;
      };
      const int value = co_await scope(body);
      co_return value;
    };
    const auto kept = co_await try_timeout(scoped(true), 2s);
    CHECK(kept == 5);
    const auto lost = co_await try_timeout(scoped(false), 2s);
    CHECK_FALSE(lost.has_value());
  }());
}

TEST_CASE("a failure that comes out of a cancelled scope is thrown and not lost") {
  run_on_test_clock([]() -> Task<void> {
    const auto body = [](Scope& tasks) -> Task<int> {
      const auto failing = []() -> Task<void> {
        co_await protect(sleep(1min));
        throw std::runtime_error("farewell");
      };
      tasks.spawn(failing);
      tasks.spawn(slow_task());
      co_return 5;
    };
    std::string what;
    try {
      co_await try_timeout(scope(body), 1s);
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    CHECK(what == "farewell");
  }());
}

TEST_CASE("a worker that completes an element as it is cancelled does not make the rest done") {
  run_on_test_clock([]() -> Task<void> {
    std::vector<int> done;
    const auto shielded = [&](int number) -> Task<int> {
      co_await protect(sleep(1min));
      done.push_back(number);
      co_return number;
    };
    std::vector<int> numbers = {1, 2, 3};
    const auto some = co_await try_timeout(map_p(numbers, shielded, 2), 1s);
    CHECK_FALSE(some.has_value());
    CHECK(done == std::vector<int>{1, 2});
    const auto all = co_await try_timeout(map_p(numbers, shielded), 1s);
    CHECK(all == numbers);
  }());
}
