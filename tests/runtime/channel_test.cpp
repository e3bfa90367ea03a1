#include "sundog/runtime/channel.hpp"

#include <memory>
#include <string>
#include <vector>

#include "sundog/runtime/mvar.hpp"
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

// Everything that comes out of the channel, until it is closed.
Task<void> drain(Channel<int>& channel, std::vector<int>& values) {
  for (;;) {
    const std::optional<int> value = co_await channel.receive();
    if (!value.has_value()) co_return;
    values.push_back(*value);
  }
}

}  // namespace

TEST_CASE("what goes into a channel comes out in order, whatever its capacity") {
  for (const std::size_t capacity :
       {std::size_t{0}, std::size_t{1}, std::size_t{7}, Channel<int>::unbounded}) {
    run_on_test_clock([](std::size_t own_capacity) -> Task<void> {
      Channel<int> channel(own_capacity);
      std::vector<int> values;
      std::size_t most = 0;
      const auto body = [&](Scope& tasks) -> Task<void> {
        tasks.spawn(drain, std::ref(channel), std::ref(values));
        for (int i = 0; i < 1000; ++i) {
          const bool sent = co_await channel.send(i);
          CHECK(sent);
          most = std::max(most, channel.size());
        }
        channel.close();
      };
      co_await scope(body);
      CHECK(most <= own_capacity);
      REQUIRE(values.size() == 1000);
      for (int i = 0; i < 1000; ++i) CHECK(values[static_cast<std::size_t>(i)] == i);
    }(capacity));
  }
}

TEST_CASE(
    "many senders and receivers lose nothing and repeat nothing, also when some are cancelled") {
  run_on_test_clock([]() -> Task<void> {
    Channel<Counted> channel(3);
    std::vector<int> seen(1000);
    int refused = 0;
    const auto sender = [&](int first) -> Task<void> {
      for (int i = first; i < first + 100; ++i) {
        const auto sent = co_await try_timeout(channel.send(Counted(i)), 5s);
        if (!sent.has_value()) {
          ++refused;
          ++seen[static_cast<std::size_t>(i)];
        }
      }
    };
    const auto receiver = [&](Duration pause) -> Task<void> {
      for (;;) {
        const auto value = co_await try_timeout(channel.receive(), 3s);
        if (!value.has_value()) continue;
        if (!value->has_value()) co_return;
        ++seen[static_cast<std::size_t>((*value)->value())];
        co_await sleep(pause);
      }
    };
    const auto senders = [&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 10; ++i) tasks.spawn(sender, 100 * i);
      co_return;
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (int i = 1; i < 6; ++i) tasks.spawn(receiver, Duration(2s * i));
      co_await scope(senders);
      channel.close();
    };
    co_await scope(body);
    for (const int times : seen) CHECK(times == 1);
    CHECK(refused > 0);
    CHECK(Counted::alive == 0);
  }());
}

TEST_CASE(
    "closing a channel wakes everybody: senders hear false, receivers get the rest and then "
    "nothing") {
  run_on_test_clock([]() -> Task<void> {
    Channel<int> channel(1);
    std::vector<int> values;
    const auto body = [&](Scope& tasks) -> Task<void> {
      const bool first = co_await channel.send(1);
      CHECK(first);
      const auto late = [&]() -> Task<void> {
        const bool sent = co_await channel.send(2);
        CHECK_FALSE(sent);
      };
      tasks.spawn(late);
      co_await yield();
      channel.close();
      channel.close();
      co_await drain(channel, values);
      const bool after = co_await channel.send(3);
      CHECK_FALSE(after);
      int four = 4;
      CHECK_FALSE(channel.try_send(four));
    };
    co_await scope(body);
    CHECK(values == std::vector<int>{1});
  }());
}

TEST_CASE("a channel's try_send and try_receive never wait") {
  Channel<std::unique_ptr<int>> channel(1);
  CHECK_FALSE(channel.try_receive().has_value());
  auto value = std::make_unique<int>(1);
  CHECK(channel.try_send(value));
  auto second = std::make_unique<int>(2);
  CHECK_FALSE(channel.try_send(second));
  CHECK(second != nullptr);
  CHECK(**channel.try_receive() == 1);
}

TEST_CASE("an mvar holds one value: put waits until it is empty, take until it is full") {
  run_on_test_clock([]() -> Task<void> {
    Mvar<std::unique_ptr<int>> mvar;
    CHECK(mvar.empty());
    int sum = 0;
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto putter = [&](int value) -> Task<void> {
        co_await mvar.put(std::make_unique<int>(value));
      };
      for (int i = 1; i <= 4; ++i) tasks.spawn(putter, i);
      co_await sleep(1s);
      for (int i = 1; i <= 4; ++i) {
        const auto value = co_await mvar.take();
        CHECK(*value == i);
        sum += *value;
      }
      CHECK(mvar.empty());
      const auto taker = [&]() -> Task<void> {
        const auto value = co_await mvar.take();
        sum += *value;
      };
      tasks.spawn(taker);
      co_await yield();
      co_await mvar.put(std::make_unique<int>(90));
    };
    co_await scope(body);
    CHECK(sum == 100);
    CHECK_FALSE(mvar.take_available().has_value());
    const auto none = co_await try_timeout(mvar.take(), 1s);
    CHECK_FALSE(none.has_value());
    Mvar<int> full(3);
    const bool put = co_await try_timeout(full.put(4), 1s);
    CHECK_FALSE(put);
    CHECK(full.take_available() == 3);
    CHECK(full.empty());
  }());
}
