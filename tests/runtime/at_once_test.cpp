// Operations that can always complete at once: everything else still gets its turn.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sundog/runtime/channel.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/local.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/mvar.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/semaphore.hpp"
#include "sundog/runtime/stream.hpp"
#include "sundog/runtime/yield.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on;
using sundog::test::run_on_test_clock;
using sundog::test::TestPoller;

namespace {

constexpr int count_of_each = 10'000;
// How often a task must let others run in so many operations: the one that its share does not cover
// is the first of its next turn.
constexpr int turns_min = count_of_each / (static_cast<int>(Scheduler::at_once_max) + 1);

// Of each kind of operation so many, none of which ever has to wait.
using Operations = Task<void> (*)(int count);

Task<void> receive(int count) {
  Channel<int> channel(1);
  for (int i = 0; i < count; ++i) {
    int value = i;
    CHECK(channel.try_send(value));
    const std::optional<int> received = co_await channel.receive();
    CHECK(received == i);
  }
}
Task<void> receive_from_closed(int count) {
  Channel<int> channel(1);
  channel.close();
  for (int i = 0; i < count; ++i) co_await channel.receive();
}
Task<void> send(int count) {
  Channel<int> channel(Channel<int>::unbounded);
  for (int i = 0; i < count; ++i) co_await channel.send(i);
  CHECK(channel.size() == static_cast<std::size_t>(count));
}
Task<void> send_to_closed(int count) {
  Channel<int> channel(1);
  channel.close();
  for (int i = 0; i < count; ++i) co_await channel.send(i);
}
Task<void> put_and_take(int count) {
  Mvar<int> place;
  for (int i = 0; i < count; i += 2) {
    co_await place.put(i);
    const int taken = co_await place.take();
    CHECK(taken == i);
  }
}
Task<void> lock(int count) {
  Mutex mutex;
  for (int i = 0; i < count; ++i) const Mutex::Guard guard = co_await mutex.lock();
  CHECK_FALSE(mutex.locked());
}
Task<void> acquire(int count) {
  Semaphore semaphore(2);
  for (int i = 0; i < count; ++i) {
    const Semaphore::Permit permit = co_await semaphore.acquire(2);
    CHECK(semaphore.available() == 0);
  }
  CHECK(semaphore.available() == 2);
}
Task<void> look_at_future(int count) {
  const Future<int> future = ready(5);
  for (int i = 0; i < count; ++i) {
    const int value = co_await future;
    CHECK(value == 5);
  }
}
Task<void> ask_stream(int count) {
  const auto all_numbers = []() -> Stream<int> {
    for (int i = 0;; ++i) co_yield i;
  };
  Stream<int> numbers = all_numbers();
  for (int i = 0; i < count; ++i) {
    const std::optional<int> number = co_await numbers.next();
    CHECK(number == i);
  }
}
Task<void> ask_ended_stream(int count) {
  const auto no_numbers = []() -> Stream<int> { co_return; };
  Stream<int> numbers = no_numbers();
  for (int i = 0; i < count; ++i) {
    const std::optional<int> number = co_await numbers.next();
    CHECK_FALSE(number.has_value());
  }
}
Task<void> join_nothing(int count) {
  for (int i = 0; i < count; i += 2) {
    co_await join();
    const std::vector<int> values = co_await join(std::vector<Task<int>>());
    CHECK(values.empty());
  }
}
Task<int> same(int value) { co_return value; }
Task<void> time_out(int count) {
  for (int i = 0; i < count; ++i) {
    const std::optional<int> value = co_await try_timeout(same(i), 1h);
    CHECK(value == i);
  }
}
Task<void> shield(int count) {
  for (int i = 0; i < count; ++i) {
    const int value = co_await protect(same(i));
    CHECK(value == i);
  }
}
Task<void> bind_local(int count) {
  const Local<int> key(0);
  for (int i = 0; i < count; ++i) {
    const int value = co_await key.with(i, same(i));
    CHECK(value == i);
  }
}

constexpr Operations all_of_them[] = {
    receive,  receive_from_closed, send,       send_to_closed,   put_and_take, lock,   acquire,
    time_out, look_at_future,      ask_stream, ask_ended_stream, join_nothing, shield, bind_local};

Task<void> receive_for_ever(Channel<int>& channel, int& received) {
  for (;;) {
    const std::optional<int> value = co_await channel.receive();
    received += value.has_value();
  }
}

}  // namespace

TEST_CASE("operations without end that never wait let the loop turn, whatever they are") {
  for (const Operations operations : all_of_them) {
    TestPoller poller;
    run_on(poller, operations(count_of_each));
    CHECK(poller.wait_count >= static_cast<std::size_t>(turns_min));
    CHECK(poller.wait_count <= static_cast<std::size_t>(turns_min) + 3);
  }
}

TEST_CASE("a task that never waits leaves every other task its turns") {
  for (const Operations operations : all_of_them) {
    run_on_test_clock([](Operations run) -> Task<void> {
      int turns = 0;
      bool ended = false;
      const auto busy = [&]() -> Task<void> {
        co_await run(count_of_each);
        ended = true;
      };
      const auto peer = [&]() -> Task<void> {
        while (!ended) {
          ++turns;
          co_await yield();
        }
      };
      co_await join(busy(), peer());
      CHECK(turns >= turns_min);
    }(operations));
  }
}

TEST_CASE("a million receives that never wait let timers strike in time") {
  TestPoller poller;
  poller.overslept = 1us;  // a turn takes so long
  run_on(poller, []() -> Task<void> {
    bool ended = false;
    const auto busy = [&]() -> Task<void> {
      co_await receive(1'000'000);
      ended = true;
    };
    const Future<void> receiving = async(busy());
    for (int i = 1; i <= 1000; ++i) {
      const TimePoint start = now();
      co_await sleep(5us);
      CHECK(now() - start < 10us);
    }
    CHECK_FALSE(ended);
    co_await receiving;
  }());
}

TEST_CASE("a task that never waits can be cancelled, and what it did not get stays where it is") {
  TestPoller poller;
  poller.overslept = 1us;
  run_on(poller, []() -> Task<void> {
    constexpr int total = 100'000;
    Channel<int> channel(total);
    for (int i = 0; i < total; ++i) CHECK(channel.try_send(i));
    int received = 0;
    const bool in_time = co_await try_timeout(receive_for_ever(channel, received), 20us);
    CHECK_FALSE(in_time);
    CHECK(received > 0);
    CHECK(channel.size() == static_cast<std::size_t>(total - received));

    Mutex mutex;
    const auto lock_for_ever = [&]() -> Task<void> {
      for (;;) const Mutex::Guard guard = co_await mutex.lock();
    };
    const bool locked_in_time = co_await try_timeout(lock_for_ever(), 20us);
    CHECK_FALSE(locked_in_time);
    CHECK_FALSE(mutex.locked());
  }());
}

TEST_CASE("cancelled after any number of turns, a receiver loses nothing that it was given") {
  run_on_test_clock([]() -> Task<void> {
    for (int turns = 0; turns < 5; ++turns) {
      constexpr int total = 2000;
      Channel<int> channel(total);
      for (int i = 0; i < total; ++i) CHECK(channel.try_send(i));
      int received = 0;
      const Future<void> receiving = async(receive_for_ever(channel, received));
      for (int i = 0; i < turns; ++i) co_await yield();
      receiving.cancel();
      while (receiving.state() == FutureState::Sleep) co_await yield();
      CHECK(channel.size() == static_cast<std::size_t>(total - received));
    }
  }());
}

TEST_CASE("a shielded task that is told again and again leaves others their turns") {
  TestPoller poller;
  poller.overslept = 1us;
  run_on(poller, []() -> Task<void> {
    int turns = 0;
    bool ended = false;
    const auto told = [&]() -> Task<void> {
      for (int i = 0; i < count_of_each; ++i) co_await until_cancelled();
      ended = true;
    };
    const auto peer = [&]() -> Task<void> {
      while (!ended) {
        ++turns;
        co_await yield();
      }
    };
    const Future<void> other = async(peer());
    const auto shielded = [&]() -> Task<void> { co_await protect(told()); };
    co_await try_timeout(shielded(), 10us);
    CHECK(ended);
    CHECK(turns >= turns_min);
  }());
}
