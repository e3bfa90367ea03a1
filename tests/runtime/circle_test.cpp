#include "sundog/runtime/circle.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "sundog/runtime/channel.hpp"
#include "sundog/runtime/condition.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/mvar.hpp"
#include "sundog/runtime/pool.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/semaphore.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on_test_clock;

namespace {

Task<void> lock_both(Mutex& first, Mutex& second) {
  const Mutex::Guard one = co_await first.lock();
  co_await yield();
  const Mutex::Guard two = co_await second.lock();
}
Task<void> wait_below(Mutex& mutex) {
  const auto body = [&](Scope&) -> Task<void> { const Mutex::Guard guard = co_await mutex.lock(); };
  co_await scope(body);
}
Task<void> hold_while_waiting_below(Mutex& mutex) {
  const Mutex::Guard guard = co_await mutex.lock();
  co_await wait_below(mutex);
}

// Two tasks in a scope, which never end.
Task<void> run_both(Task<void> first, Task<void> second) {
  const auto body = [&](Scope& tasks) -> Task<void> {
    tasks.spawn(std::move(first));
    tasks.spawn(std::move(second));
    co_return;
  };
  co_await scope(body);
}

// The lines of a report.
std::size_t line_count(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}
std::string deadlock_of(Task<void> task) {
  try {
    run_on_test_clock(std::move(task));
  } catch (const Deadlock& deadlock) {
    return deadlock.what();
  }
  return "it ended";
}

}  // namespace

TEST_CASE("a deadlock names the tasks that hold what the others wait for") {
  const std::string why = deadlock_of([]() -> Task<void> {
    Mutex a;
    Mutex b;
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(lock_both(a, b));
      tasks.spawn(lock_both(b, a));
      co_return;
    };
    co_await scope(body);
  }());
  INFO(why);
  const std::size_t at = why.find("tasks that wait for each other in a circle:\n");
  REQUIRE(at != std::string::npos);
  const std::string circle = why.substr(at);
  CHECK(line_count(circle) == 4);
  CHECK_THAT(circle, Catch::Contains("circle_test.cpp") && Catch::Contains("lock_both") &&
                         Catch::Contains(": mutex\n") &&
                         Catch::EndsWith("  and the first of them again\n"));
}

TEST_CASE("a circle may lead down the tree of tasks, and through futures") {
  Mutex mutex;  // outlives the background task
  const std::string why = deadlock_of([&]() -> Task<void> {
    const Future<void> future = async(hold_while_waiting_below(mutex));
    co_await future;
  }());
  INFO(why);
  const std::string circle = why.substr(why.find("in a circle"));
  // The holder, whose scope waits for its body, which waits for the holder.
  CHECK(line_count(circle) == 4);
  CHECK_THAT(circle, Catch::Contains(": scope\n") && Catch::Contains(": mutex\n"));
}

TEST_CASE("a circle may lead through any of those who hold a semaphore's permits") {
  Semaphore permits(3);
  Mutex mutex;
  const auto hold_and_lock = [&]() -> Task<void> {
    Semaphore::Permit permit = co_await permits.acquire(2);
    const Semaphore::Permit moved = std::move(permit);
    co_await yield();
    const Mutex::Guard guard = co_await mutex.lock();
  };
  const auto lock_and_acquire = [&]() -> Task<void> {
    const Semaphore::Permit permit = co_await permits.acquire();
    const Mutex::Guard guard = co_await mutex.lock();
    co_await yield();
    const Semaphore::Permit more = co_await permits.acquire();
  };
  const std::string why = deadlock_of(run_both(hold_and_lock(), lock_and_acquire()));
  INFO(why);
  const std::string circle = why.substr(why.find("in a circle"));
  CHECK_THAT(circle, Catch::Contains(": semaphore\n"));
}

TEST_CASE("permits that were given back are nobody's") {
  Semaphore permits(1);
  const std::string why = deadlock_of([&]() -> Task<void> {
    Semaphore::Permit permit = co_await permits.acquire();
    permit.release();
    Semaphore::Permit again = co_await permits.acquire();
    again = Semaphore::Permit();
    const Semaphore::Permit too_many = co_await permits.acquire(2);
  }());
  CHECK_THAT(why, Catch::Contains("semaphore") && !Catch::Contains("in a circle"));
}

TEST_CASE("a circle may lead through a pool, whose members are all in use") {
  Pool<int> pool(1, []() -> Task<int> { co_return 0; });
  const auto use_again = [&](int&) -> Task<void> {
    co_await pool.use([](int&) -> Task<void> { co_return; });
  };
  const std::string why = deadlock_of([&]() -> Task<void> { co_await pool.use(use_again); }());
  INFO(why);
  CHECK_THAT(why, Catch::Contains("in a circle") && Catch::Contains(": semaphore\n"));
}

TEST_CASE("a circle may lead through channels, to whoever used the other end last") {
  Channel<int> questions(0);
  Channel<int> answers(0);
  const auto ask = [&]() -> Task<void> {
    for (;;) {
      co_await questions.send(1);
      co_await answers.receive();
    }
  };
  const auto answer_once = [&]() -> Task<void> {
    co_await questions.receive();
    co_await answers.send(1);
    co_await answers.send(2);  // where a question should be received
    co_await answers.send(3);
  };
  const std::string why = deadlock_of(run_both(ask(), answer_once()));
  INFO(why);
  const std::string circle = why.substr(why.find("in a circle"));
  CHECK_THAT(circle, Catch::Contains(": channel (to send)\n"));
  CHECK(line_count(circle) == 4);
}

TEST_CASE("a circle may lead through mvars, to whoever used the other side last") {
  Mvar<int> left;
  Mvar<int> right;
  const auto pass = [](Mvar<int>& from, Mvar<int>& to) -> Task<void> {
    for (;;) {
      const int value = co_await from.take();
      if (value > 3) continue;  // and the value is lost
      co_await to.put(value + 1);
    }
  };
  const std::string why = deadlock_of([&]() -> Task<void> {
    co_await left.put(0);
    co_await run_both(pass(left, right), pass(right, left));
  }());
  INFO(why);
  const std::string circle = why.substr(why.find("in a circle"));
  CHECK_THAT(circle, Catch::Contains(": mvar (to take)\n"));
  CHECK(line_count(circle) == 4);
}

TEST_CASE("a circle may lead through conditions, to whoever signalled last") {
  Condition<> left;
  Condition<> right;
  const auto take_turns = [](Condition<>& mine, Condition<>& other) -> Task<void> {
    for (int round = 0;; ++round) {
      co_await mine.wait();
      if (round < 2) other.signal();  // and then it forgets to
    }
  };
  const std::string why = deadlock_of([&]() -> Task<void> {
    const auto begin = [&]() -> Task<void> {
      for (int i = 0; i < 10; ++i) co_await yield();  // until they wait
      left.signal();
    };
    co_await run_both(run_both(take_turns(left, right), take_turns(right, left)), begin());
  }());
  INFO(why);
  const std::string circle = why.substr(why.find("in a circle"));
  CHECK_THAT(circle, Catch::Contains(": condition\n"));
}

TEST_CASE("tasks that merely wait are no circle") {
  run_on_test_clock([]() -> Task<void> {
    Mutex mutex;
    const auto hold = [&]() -> Task<void> {
      const Mutex::Guard guard = co_await mutex.lock();
      co_await sleep(2s);
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(hold);
      tasks.spawn(hold);
      co_await sleep(1s);
      CHECK(describe_circle() == "");
    };
    co_await scope(body);
  }());
  CHECK(describe_circle() == "");
}

TEST_CASE("a deadlock without a circle says who waits for what, and no more") {
  const std::string why = deadlock_of([]() -> Task<void> {
    const auto [future, wakener] = wait<int>();
    co_await future;
  }());
  CHECK_THAT(why, Catch::Contains("future") && !Catch::Contains("in a circle"));
}
