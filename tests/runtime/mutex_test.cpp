#include "sundog/runtime/mutex.hpp"

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sundog/runtime/condition.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/protect.hpp"
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

TEST_CASE("a wait for a condition that is cancelled holds the lock again") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    Condition<int> changed;
    Mutex::Guard guard = co_await mutex.lock();
    for (int i = 0; i < 3; ++i) {
      const std::optional<int> late = co_await try_timeout(changed.wait(guard), 1s);
      CHECK_FALSE(late.has_value());
      CHECK(guard);
      CHECK(guard.mutex() == &mutex);
      CHECK(mutex.locked());
      CHECK_FALSE(mutex.try_lock().has_value());
    }
    CHECK(changed.waiter_count() == 0);
    guard.unlock();
    CHECK_FALSE(mutex.locked());
  }());
}

TEST_CASE("a wait for a condition that is cancelled stands in line for its lock first") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    Condition<> changed;
    const TimePoint start = now();
    bool unwound_inside = false;
    // What a frame below the wait sees as it is destroyed.
    struct Look {
      ~Look() { inside = guard.mutex() == &mutex && mutex.locked(); }
      Mutex& mutex;
      const Mutex::Guard& guard;
      bool& inside;
    };
    const auto waiter = [&]() -> Task<void> {
      Mutex::Guard guard = co_await mutex.lock();
      const Look look(mutex, guard, unwound_inside);
      co_await changed.wait(guard);
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(waiter());
      co_await sleep(1s);
      tasks.spawn([&]() -> Task<void> {
        const Mutex::Guard guard = co_await mutex.lock();
        co_await sleep(5s);
      });
      co_await sleep(1s);
      tasks.cancel_tasks();
      co_return;
    };
    co_await scope(body);
    // The holder was cancelled too.
    CHECK(now() - start == 2s);
    CHECK(unwound_inside);
    CHECK_FALSE(mutex.locked());

    Mutex::Guard guard = co_await mutex.lock();
    const auto hold = [&]() -> Task<void> {
      const Mutex::Guard held = co_await mutex.lock();
      co_await sleep(5s);
    };
    const Future<void> holder = async(hold());
    const bool in_time = co_await try_timeout(changed.wait(guard), 1s);
    CHECK_FALSE(in_time);
    CHECK(now() - start == 7s);
    CHECK(guard);
  }());
}

TEST_CASE("a waiter that was signalled and then cancelled goes on, with its lock") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    Condition<int> changed;
    int got = 0;
    const auto waiter = [&]() -> Task<void> {
      Mutex::Guard guard = co_await mutex.lock();
      got = co_await changed.wait(guard);
      CHECK(guard);
      co_await sleep(0s);
      got = -1;
    };
    const Future<void> waiting = async(waiter());
    co_await sleep(1s);
    Mutex::Guard guard = co_await mutex.lock();
    changed.signal(7);
    co_await sleep(1s);
    waiting.cancel();
    co_await sleep(1s);
    CHECK(got == 0);
    guard.unlock();
    co_await sleep(1s);
    CHECK(got == 7);
    CHECK(waiting.state() == FutureState::Fail);
    CHECK_FALSE(mutex.locked());
  }());
}

TEST_CASE("a wait for a condition that fails holds the lock again; so do all of a broadcast") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    Condition<int> changed;
    int inside = 0;
    int failed = 0;
    int woken = 0;
    const auto waiter = [&]() -> Task<void> {
      Mutex::Guard guard = co_await mutex.lock();
      try {
        woken += co_await changed.wait(guard);
      } catch (const std::runtime_error&) {
        ++failed;
      }
      CHECK(guard);
      CHECK(++inside == 1);
      co_await sleep(1s);
      --inside;
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 3; ++i) tasks.spawn(waiter());
      co_await sleep(1s);
      changed.broadcast_exn(std::make_exception_ptr(std::runtime_error("gone")));
      co_await sleep(10s);
      for (int i = 0; i < 3; ++i) tasks.spawn(waiter());
      co_await sleep(1s);
      changed.broadcast(1);
    };
    co_await scope(body);
    CHECK(failed == 3);
    CHECK(woken == 3);
    CHECK_FALSE(mutex.locked());
  }());
}

TEST_CASE("a cancelled task that comes to a condition never lets go of its lock") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    Condition<> changed;
    bool kept = false;
    const auto waiter = [&]() -> Task<void> {
      Mutex::Guard guard = co_await mutex.lock();
      struct Look {
        ~Look() { kept = guard && mutex.locked(); }
        Mutex& mutex;
        const Mutex::Guard& guard;
        bool& kept;
      };
      const Look look(mutex, guard, kept);
      co_await protect(sleep(2s));
      co_await changed.wait(guard);
    };
    const bool in_time = co_await try_timeout(waiter(), 1s);
    CHECK_FALSE(in_time);
    CHECK(kept);
  }());
}

TEST_CASE("a guard and a permit that are moved to themselves keep what they hold") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    Semaphore semaphore(2);
    Mutex::Guard guard = co_await mutex.lock();
    Mutex::Guard& same_guard = guard;
    guard = std::move(same_guard);
    CHECK(mutex.locked());
    CHECK(guard);
    Semaphore::Permit permit = co_await semaphore.acquire();
    Semaphore::Permit& same_permit = permit;
    permit = std::move(same_permit);
    CHECK(permit);
    CHECK(semaphore.available() == 1);
  }());
}
