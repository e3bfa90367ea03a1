#include "sundog/runtime/scheduler.hpp"

#include <string>
#include <vector>

#include "sundog/runtime/join.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/counted.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::Farewell;
using sundog::test::run_on;
using sundog::test::run_on_test_clock;
using sundog::test::TestPoller;

namespace {

using Words = std::vector<std::string>;

Task<void> write_twice(Words& words, std::string word) {
  words.push_back(word + "1");
  co_await yield();
  words.push_back(word + "2");
}
Task<void> yield_often(int count) {
  for (int i = 0; i < count; ++i) co_await yield();
}
Task<void> seventeen_deep(Words& words, int depth) {
  const Farewell farewell(words, std::to_string(depth));
  if (depth == 17) {
    co_await sleep(1h);
  } else {
    co_await seventeen_deep(words, depth + 1);
  }
}

}  // namespace

TEST_CASE("ready jobs run first in, first out, and yield goes to the end") {
  Words words;
  run_on_test_clock([](Words& list) -> Task<void> {
    co_await join(write_twice(list, "a"), write_twice(list, "b"), write_twice(list, "c"));
  }(words));
  CHECK(words == Words{"a1", "b1", "c1", "a2", "b2", "c2"});
}

TEST_CASE("the ready jobs can be put into any order, and each runs once") {
  Words words;
  run_on_test_clock([](Words& list) -> Task<void> {
    co_await scope([&](Scope& tasks) -> Task<void> {
      for (const char* word : {"a", "b", "c"}) tasks.spawn(write_twice(list, word));
      // The last of those not drawn yet, each time: from first to last, then the others.
      Scheduler::current().shuffle_ready([](std::uint64_t) { return std::uint64_t{0}; });
      co_return;
    });
  }(words));
  CHECK(words == Words{"b1", "c1", "a1", "b2", "c2", "a2"});
}

TEST_CASE("jobs keep their order when more are ready than the queue's ring holds") {
  constexpr std::size_t jobs = 3 * ReadyQueue::ring_jobs + 1;
  std::vector<std::size_t> order;
  const auto write_thrice = [&order](std::size_t number) -> Task<void> {
    for (int round = 0; round < 3; ++round) {
      order.push_back(number);
      co_await yield();
    }
  };
  const auto spawn_all = [&](Scope& tasks) -> Task<void> {
    for (std::size_t i = 0; i < jobs; ++i) tasks.spawn(write_thrice(i));
    CHECK(Scheduler::current().ready_count() == jobs);
    co_return;
  };
  const auto body = [&]() -> Task<void> {
    co_await scope(spawn_all);
    CHECK(Scheduler::current().ready_count() == 0);
  };
  run_on_test_clock(body());
  REQUIRE(order.size() == 3 * jobs);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < order.size(); ++i) wrong += order[i] != i % jobs;
  CHECK(wrong == 0);
}

TEST_CASE("jobs run in batches: the poller is asked between them however many are ready") {
  TestPoller poller;
  const auto body = []() -> Task<void> {
    co_await scope([](Scope& tasks) -> Task<void> {
      for (std::size_t i = 0; i < 10 * Scheduler::batch_jobs_max; ++i) tasks.spawn(yield_often(1));
      co_return;
    });
  };
  run_on(poller, body());
  CHECK(poller.wait_count >= 20);
  CHECK(poller.wait_count <= 30);
}

TEST_CASE("a job that becomes ready during a batch runs in a later one") {
  TestPoller poller;
  run_on(poller, yield_often(100));
  CHECK(poller.wait_count >= 100);
}

TEST_CASE("cancelling destroys the frames from the leaf up and throws nothing") {
  Words words;
  bool caught = false;
  const auto body = [](Words& list, bool& flag) -> Task<void> {
    const auto guarded = [](Words& inner, bool& seen) -> Task<void> {
      try {
        co_await seventeen_deep(inner, 1);
      } catch (...) {
        seen = true;
      }
    };
    const bool in_time = co_await try_timeout(guarded(list, flag), 1s);
    CHECK_FALSE(in_time);
  };
  run_on_test_clock(body(words, caught));
  REQUIRE(words.size() == 17);
  CHECK(words.front() == "17");
  CHECK(words.back() == "1");
  CHECK_FALSE(caught);
}

TEST_CASE("a yielding job that is cancelled stops at its next wait") {
  int rounds = 0;
  const auto body = [](int& count) -> Task<void> {
    const auto busy = [](int& inner) -> Task<void> {
      for (;;) {
        ++inner;
        co_await yield();
      }
    };
    const bool in_time = co_await try_timeout(busy(count), 0s);
    CHECK_FALSE(in_time);
  };
  run_on_test_clock(body(rounds));
  CHECK(rounds > 0);
}

TEST_CASE("a job cancelled while it runs stops at its next wait and its value is dropped") {
  Words words;
  const auto body = [](Words& list) -> Task<void> {
    co_await scope([&](Scope& tasks) -> Task<void> {
      const auto suicidal = [](Scope& own, Words& inner) -> Task<void> {
        const Farewell farewell(inner, "gone");
        own.cancel_tasks();
        inner.push_back("still running");
        co_await yield();
        inner.push_back("never");
      };
      tasks.spawn(suicidal(tasks, list));
      co_return;
    });
  };
  run_on_test_clock(body(words));
  CHECK(words == Words{"still running", "gone"});
}

TEST_CASE("a sleep that a cancelled job asks for fires into nothing") {
  // More jobs than a batch holds are ready, so that the refused sleeper is destroyed after its
  // deadline has passed.
  const auto body = []() -> Task<void> {
    co_await scope([](Scope& tasks) -> Task<void> {
      const auto sleeper = [](Scope& own) -> Task<void> {
        own.cancel_tasks();
        for (std::size_t i = 0; i < 2 * Scheduler::batch_jobs_max; ++i) own.spawn(yield_often(1));
        co_await sleep(0s);
      };
      tasks.spawn(sleeper(tasks));
      co_return;
    });
  };
  run_on_test_clock(body());
}

TEST_CASE("a loop in which nothing can happen any more reports who waits for what") {
  Words words;
  const auto body = [](Words& list) -> Task<void> {
    const Farewell farewell(list, "unwound");
    co_await until_cancelled();
  };
  try {
    run_on_test_clock(body(words));
    FAIL("it must throw");
  } catch (const Deadlock& deadlock) {
    CHECK(std::string(deadlock.what()).find("waiting: until_cancelled") != std::string::npos);
    CHECK(std::string(deadlock.what()).find("scheduler_test.cpp") != std::string::npos);
  }
  CHECK(words == Words{"unwound"});
}
