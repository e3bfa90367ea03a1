#include "sundog/runtime/mutex.hpp"

#include <string>
#include <vector>

#include "sundog/runtime/condition.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/semaphore.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on_test_clock;

namespace {

using Words = std::vector<std::string>;

Task<void> enter(Mutex& mutex, Words& words, std::string word, Duration inside) {
  const Mutex::Guard guard = co_await mutex.lock();
  words.push_back(word + " in");
  co_await sleep(inside);
  words.push_back(word + " out");
}
Task<void> take(Semaphore& semaphore, std::size_t count, Words& words, std::string word,
                Duration inside) {
  const Semaphore::Permit permit = co_await semaphore.acquire(count);
  words.push_back(word);
  co_await sleep(inside);
}

}  // namespace

TEST_CASE("a mutex lets one in at a time, in the order in which they came") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    Words words;
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (const char* word : {"a", "b", "c"}) tasks.spawn(enter(mutex, words, word, 1s));
      co_return;
    };
    co_await scope(body);
    CHECK(words == Words{"a in", "a out", "b in", "b out", "c in", "c out"});
    CHECK_FALSE(mutex.locked());
    const auto guard = mutex.try_lock();
    CHECK(guard.has_value());
    CHECK_FALSE(mutex.try_lock().has_value());
  }());
}

TEST_CASE("nobody overtakes a waiter to whom the mutex was handed") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    Words words;
    Mutex::Guard guard = co_await mutex.lock();
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(enter(mutex, words, "waiter", 0s));
      co_await yield();
      guard.unlock();
      CHECK_FALSE(mutex.try_lock().has_value());
      co_await enter(mutex, words, "overtaker", 0s);
    };
    co_await scope(body);
    CHECK(words.front() == "waiter in");
  }());
}

TEST_CASE(
    "a cancelled waiter leaves the line, and one cancelled just when it was handed the mutex "
    "passes it on") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    Words words;
    {
      Mutex::Guard guard = co_await mutex.lock();
      const bool in_time = co_await try_timeout(enter(mutex, words, "late", 0s), 1s);
      CHECK_FALSE(in_time);
      CHECK(mutex.waiter_count() == 0);
    }
    Mutex::Guard guard = co_await mutex.lock();
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(enter(mutex, words, "cancelled", 1s));
      co_await yield();
      guard.unlock();        // handed to the task ...
      tasks.cancel_tasks();  // ... which is cancelled before it runs
      tasks.spawn(enter(mutex, words, "next", 1s));
    };
    co_await scope(body);
    CHECK(words == Words{"cancelled in", "next in", "next out"});
    CHECK_FALSE(mutex.locked());
  }());
}

TEST_CASE("a semaphore lets so many in, first come, first served, whatever they ask for") {
  run_on_test_clock([]() -> Task<void> {
    Semaphore semaphore(3);
    Words words;
    const TimePoint start = now();
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(take(semaphore, 2, words, "a", 1s));
      tasks.spawn(take(semaphore, 2, words, "b", 1s));
      tasks.spawn(take(semaphore, 1, words, "c", 1s));
      co_return;
    };
    co_await scope(body);
    CHECK(words == Words{"a", "b", "c"});
    CHECK(now() - start == 2s);
    CHECK(semaphore.available() == 3);
    CHECK_FALSE(semaphore.try_acquire(4).has_value());
    semaphore.release();
    CHECK(semaphore.try_acquire(4).has_value());
    CHECK(semaphore.available() == 4);
  }());
}

TEST_CASE("when the first in a semaphore's line gives up, those behind it are served") {
  run_on_test_clock([]() -> Task<void> {
    Semaphore semaphore(1);
    Words words;
    const TimePoint start = now();
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto greedy = [&]() -> Task<void> {
        const bool in_time = co_await try_timeout(take(semaphore, 5, words, "greedy", 0s), 10s);
        CHECK_FALSE(in_time);
      };
      tasks.spawn(greedy);
      co_await yield();
      co_await yield();
      tasks.spawn(take(semaphore, 1, words, "modest", 0s));
    };
    co_await scope(body);
    CHECK(words == Words{"modest"});
    CHECK(now() - start == 10s);
    CHECK(semaphore.available() == 1);
  }());
}

TEST_CASE("a condition wakes one or all, with a value, and forgets what nobody waits for") {
  run_on_test_clock([]() -> Task<void> {
    Condition<int> condition;
    int sum = 0;
    condition.signal(1000);
    const auto waiter = [&]() -> Task<void> {
      const int value = co_await condition.wait();
      sum += value;
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 3; ++i) tasks.spawn(waiter);
      co_await yield();
      condition.signal(1);
      co_await sleep(1s);
      CHECK(sum == 1);
      condition.broadcast(10);
    };
    co_await scope(body);
    CHECK(sum == 21);
    bool thrown = false;
    const auto failing = [&](Scope& tasks) -> Task<void> {
      const auto catcher = [&]() -> Task<void> {
        try {
          co_await condition.wait();
        } catch (const std::runtime_error&) {
          thrown = true;
        }
      };
      tasks.spawn(catcher);
      co_await yield();
      condition.broadcast_exn(std::make_exception_ptr(std::runtime_error("all of you")));
    };
    co_await scope(failing);
    CHECK(thrown);
  }());
}

TEST_CASE("waiting for a condition with a guard unlocks meanwhile and has locked again after") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    Condition<> changed;
    bool something = false;
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto waiter = [&]() -> Task<void> {
        Mutex::Guard guard = co_await mutex.lock();
        while (!something) co_await changed.wait(guard);
        CHECK(mutex.locked());
        CHECK(guard);
      };
      tasks.spawn(waiter);
      co_await sleep(1s);
      const Mutex::Guard guard = co_await mutex.lock();
      something = true;
      changed.signal();
      co_await sleep(1s);
    };
    co_await scope(body);
    CHECK_FALSE(mutex.locked());
  }());
}
