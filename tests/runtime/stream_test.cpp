#include "sundog/runtime/stream.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sundog/runtime/attempt.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/stream_operations.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/counted.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::Counted;
using sundog::test::Farewell;
using sundog::test::run_on_test_clock;

namespace {

Stream<int> count(int end, Duration pause = 1s) {
  for (int i = 0; i < end; ++i) {
    co_await sleep(pause);
    co_yield i;
  }
}
Stream<std::unique_ptr<int>> pointers() {
  co_yield std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  co_yield std::move(second);
}
Stream<std::string> fail_after_one(std::vector<std::string>& gone) {
  const Farewell farewell(gone, "generator");
  const std::string named = "one";
  co_yield named;
  throw std::runtime_error("after one");
}
Stream<int> quick(int end) {
  for (int i = 0; i < end; ++i) co_yield i;
}

}  // namespace

TEST_CASE("a stream gives its values one by one, as they are asked for, and then nothing") {
  run_on_test_clock([]() -> Task<void> {
    Stream<int> stream = count(3);
    const TimePoint start = now();
    co_await sleep(10s);
    for (int i = 0; i < 3; ++i) {
      const std::optional<int> value = co_await stream.next();
      CHECK(value == i);
    }
    CHECK(now() - start == 13s);
    for (int i = 0; i < 2; ++i) {
      const std::optional<int> value = co_await stream.next();
      CHECK_FALSE(value.has_value());
    }
  }());
}

TEST_CASE("a stream carries move-only values and copies named ones") {
  run_on_test_clock([]() -> Task<void> {
    const auto all = co_await collect(pointers());
    REQUIRE(all.size() == 2);
    CHECK(*all[0] + *all[1] == 3);
  }());
}

TEST_CASE("an exception that leaves the generator comes out of next and ends the stream") {
  run_on_test_clock([]() -> Task<void> {
    std::vector<std::string> gone;
    Stream<std::string> stream = fail_after_one(gone);
    const auto first = co_await stream.next();
    CHECK(first == "one");
    bool thrown = false;
    try {
      co_await stream.next();
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
    CHECK(gone.size() == 1);
    const auto after = co_await stream.next();
    CHECK_FALSE(after.has_value());
  }());
}

TEST_CASE("a stream that is destroyed early destroys its generator at its co_yield") {
  run_on_test_clock([]() -> Task<void> {
    std::vector<std::string> gone;
    {
      Stream<std::string> stream = fail_after_one(gone);
      const auto first = co_await stream.next();
      CHECK(first.has_value());
      Stream<std::string> moved = std::move(stream);
    }
    CHECK(gone.size() == 1);
  }());
}

TEST_CASE("a next that is cancelled cuts the stream off: asking it again is no clean end") {
  run_on_test_clock([]() -> Task<void> {
    Stream<int> stream = count(3, 1h);
    const auto late = co_await try_timeout(stream.next(), 1s);
    CHECK_FALSE(late.has_value());
    // Also after it was moved.
    Stream<int> moved = std::move(stream);
    for (int i = 0; i < 2; ++i) {
      bool canceled = false;
      try {
        co_await moved.next();
      } catch (const Canceled&) {
        canceled = true;
      }
      CHECK(canceled);
    }
    // What is made of it does not give a part for the whole either.
    const auto all = co_await attempt(collect(std::move(moved)));
    CHECK(all.error() != nullptr);
  }());
}

TEST_CASE("a million values through a stream take no stack") {
  run_on_test_clock([]() -> Task<void> {
    const auto add = [](long sum, int value) { return sum + value; };
    const long sum = co_await fold(quick(1'000'000), 0L, add);
    CHECK(sum == 499'999'500'000);
  }());
}

TEST_CASE("map, filter and take work value by value, with plain functions and coroutines") {
  run_on_test_clock([]() -> Task<void> {
    const auto even = [](const int& n) { return n % 2 == 0; };
    const auto slow_square = [](int n) -> Task<int> {
      co_await sleep(1s);
      co_return n* n;
    };
    const auto squares =
        co_await collect(take(map(filter(quick(1'000'000), even), slow_square), 4));
    CHECK(squares == std::vector<int>{0, 4, 16, 36});
    std::string text;
    const auto append = [&](std::string part) { text += part; };
    const std::vector<std::string> parts = {"a", "b", "c"};
    co_await for_each(stream_of(parts), append);
    CHECK(text == "abc");
  }());
}

TEST_CASE("a stream of a channel ends when the channel is closed") {
  run_on_test_clock([]() -> Task<void> {
    Channel<int> channel(1);
    std::vector<int> values;
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto sender = [&]() -> Task<void> {
        for (int i = 0; i < 5; ++i) co_await channel.send(i);
        channel.close();
      };
      tasks.spawn(sender);
      values = co_await collect(stream_of(channel));
    };
    co_await scope(body);
    CHECK(values == std::vector<int>{0, 1, 2, 3, 4});
  }());
}
