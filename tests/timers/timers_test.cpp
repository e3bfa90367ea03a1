#include "sundog/timers/timers.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <ratio>
#include <string>
#include <vector>

#include "sundog/runtime/join.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/alarm.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/ticks.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::run_on;
using sundog::test::run_on_test_clock;
using sundog::test::TestPoller;

namespace {

Task<void> note_after(std::vector<int>& list, int number, Duration delay) {
  co_await sleep(delay);
  list.push_back(number);
}

}  // namespace

TEST_CASE("sleepers wake in the order of their deadlines, equals in the order of going to sleep") {
  run_on_test_clock([]() -> Task<void> {
    std::vector<int> woken;
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 300; ++i) tasks.spawn(note_after(woken, i, 1s * (i % 3)));
      co_return;
    };
    co_await scope(body);
    REQUIRE(woken.size() == 300);
    for (std::size_t i = 1; i < 300; ++i) {
      CHECK(std::pair(woken[i - 1] % 3, woken[i - 1]) < std::pair(woken[i] % 3, woken[i]));
    }
  }());
}

TEST_CASE("a sleep is never shorter than asked for, and a late poller makes it no shorter") {
  TestPoller poller;
  poller.overslept = 3ms;
  run_on(poller, []() -> Task<void> {
    for (const Duration delay : {Duration(1), Duration(1ms), Duration(1h)}) {
      const TimePoint start = now();
      co_await sleep(delay);
      CHECK(now() - start >= delay);
      CHECK(now() - start <= delay + 6ms);
    }
  }());
}

TEST_CASE(
    "sleepers with deadlines close together wake together, none of them early nor very late") {
  TestPoller poller;
  run_on(poller, [](TestPoller& own) -> Task<void> {
    const std::size_t waits = own.wait_count;
    const auto body = [](Scope& tasks) -> Task<void> {
      const TimePoint start = now();
      for (int i = 1; i <= 1000; ++i) {
        tasks.spawn([](TimePoint deadline) -> Task<void> {
          co_await sleep_until(deadline);
          CHECK(now() >= deadline);
          CHECK(now() <= deadline + TestPoller::timers_apart);
        }(start + 1us * i));
      }
      co_return;
    };
    co_await scope(body);
    // 1 ms of deadlines, and a turn without waiting for each time that some woke.
    CHECK(own.wait_count - waits <= 2 * (1ms / TestPoller::timers_apart + 3));
  }(poller));
}

TEST_CASE("a sleeper on its own wakes at its deadline, however short its sleeps are") {
  run_on_test_clock([]() -> Task<void> {
    for (const Duration delay :
         {TestPoller::timers_apart, 2 * TestPoller::timers_apart, Duration(1s)}) {
      for (int i = 0; i < 3; ++i) {
        const TimePoint start = now();
        co_await sleep(delay);
        CHECK(now() == start + delay);
      }
    }
  }());
}

TEST_CASE("a sleep of zero or less ends in the next turn, after I/O was looked at") {
  TestPoller poller;
  run_on(poller, [](TestPoller& own) -> Task<void> {
    const TimePoint start = now();
    for (const Duration delay : {Duration(0), Duration(-1h), Duration::min()}) {
      const std::size_t waits = own.wait_count;
      co_await sleep(delay);
      CHECK(own.wait_count == waits + 1);
    }
    co_await sleep(std::chrono::duration<double>(-1.5));
    co_await sleep_until(TimePoint::min());
    CHECK(now() == start);
  }(poller));
}

TEST_CASE("sleepers of no time do not keep others from running, nor the poller from being asked") {
  TestPoller poller;
  run_on(poller, [](TestPoller& own) -> Task<void> {
    bool stop = false;
    long rounds = 0;
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto spinner = [&]() -> Task<void> {
        while (!stop) {
          ++rounds;
          co_await sleep(0s);
        }
      };
      for (int i = 0; i < 10; ++i) tasks.spawn(spinner);
      const std::size_t waits = own.wait_count;
      for (int i = 0; i < 100; ++i) co_await yield();
      CHECK(own.wait_count >= waits + 100);
      stop = true;
    };
    co_await scope(body);
    CHECK(rounds >= 900);
  }(poller));
}

TEST_CASE("new sleepers are armed every turn, also while other tasks never stop running") {
  run_on_test_clock([]() -> Task<void> {
    bool woken = false;
    long spins = 0;
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto sleeper = [&]() -> Task<void> {
        co_await sleep(0s);
        woken = true;
      };
      tasks.spawn(sleeper);
      while (!woken && spins < 1000) {
        ++spins;
        co_await yield();
      }
    };
    co_await scope(body);
    CHECK(spins < 10);
  }());
}

TEST_CASE("huge durations last for ever instead of overflowing") {
  CHECK(saturate(std::chrono::hours::max()) == Duration::max());
  CHECK(saturate(std::chrono::hours::min()) == Duration::zero());
  CHECK(saturate(std::chrono::duration<double>(1e300)) == Duration::max());
  CHECK(saturate(std::chrono::duration<double, std::nano>(0.2)) == Duration(1));
  CHECK(saturate(std::chrono::duration<double>(0.0 / std::stod("0"))) == Duration::max());
  CHECK(deadline_after(never - 1ns, 2ns) == never);
  CHECK(deadline_after(TimePoint(5ns), Duration::min()) == TimePoint(5ns));
  run_on_test_clock([]() -> Task<void> {
    const bool in_time = co_await try_timeout(sleep(std::chrono::hours::max()), 24h * 365);
    CHECK_FALSE(in_time);
  }());
}

TEST_CASE("timers that are cancelled leave nothing behind") {
  run_on_test_clock([]() -> Task<void> {
    Timers& timers = Timers::current();
    const auto body = [](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 1000; ++i)
        tasks.spawn([i]() -> Task<void> { co_await sleep(1h + 1s * i); });
      co_await sleep(1s);
      CHECK(Timers::current().armed_count() == 1000);
      tasks.cancel_tasks();
      CHECK(Timers::current().armed_count() == 0);
    };
    co_await scope(body);
    // Armed and cancelled within a turn.
    for (int i = 0; i < 1000; ++i) {
      const bool in_time = co_await try_timeout([]() -> Task<void> { co_return; }(), 1h);
      CHECK(in_time);
      CHECK(timers.armed_count() == 0);
    }
  }());
}

TEST_CASE("a timeout throws timed_out when its task is late, and gives the value when it is not") {
  run_on_test_clock([]() -> Task<void> {
    const auto after = [](Duration delay) -> Task<int> {
      co_await sleep(delay);
      co_return 1;
    };
    const int in_time = co_await timeout(after(1s), 2s);
    CHECK(in_time == 1);
    std::error_code code;
    const TimePoint start = now();
    try {
      co_await timeout(after(3s), 2s);
    } catch (const std::system_error& error) {
      code = error.code();
    }
    CHECK(code == std::errc::timed_out);
    CHECK(now() - start == 2s);
    const auto nested = co_await try_timeout(timeout(after(1h), 2h), 1s);
    CHECK_FALSE(nested.has_value());
  }());
}

TEST_CASE(
    "a timeout is counted from the end of the turn: a task that computes long is not cut short by "
    "it") {
  TestPoller poller;
  run_on(poller, [](TestPoller& own) -> Task<void> {
    const auto computes = [&]() -> Task<void> {
      own.advance(10s);
      co_await sleep(500ms);
    };
    const bool in_time = co_await try_timeout(computes(), 1s);
    CHECK(in_time);
  }(poller));
}

TEST_CASE("ticks do not drift, and who is late gets one tick and a count of those missed") {
  TestPoller poller;
  poller.overslept = 1ms;
  run_on(poller, [](TestPoller& own) -> Task<void> {
    const TimePoint start = now();
    Ticks ticks(100ms);
    for (int i = 1; i <= 1000; ++i) {
      co_await ticks.next();
      own.advance(7ms);
      const Duration late = now() - start - 100ms * i;
      CHECK((late >= 0ms && late <= 10ms));
    }
    CHECK(ticks.missed_count() == 0);
    own.advance(350ms);
    const TimePoint before = now();
    co_await ticks.next();
    CHECK(now() - before <= 1ms);
    CHECK(ticks.missed_count() == 2);
    co_await ticks.next();
    CHECK((now() - start) % 100ms <= 2ms);
  }(poller));
}

TEST_CASE("an alarm rings unless it is stopped or started anew in time") {
  run_on_test_clock([]() -> Task<void> {
    int rings = 0;
    Alarm alarm(10s, [&] { ++rings; });
    alarm.start();
    for (int i = 0; i < 5; ++i) {
      co_await sleep(9s);
      alarm.start();
    }
    CHECK(rings == 0);
    co_await sleep(11s);
    CHECK(rings == 1);
    CHECK_FALSE(alarm.running());
    alarm.change(1s);
    alarm.start();
    alarm.stop();
    co_await sleep(1h);
    CHECK(rings == 1);
    alarm.start();
    co_await sleep(2s);
    CHECK(rings == 2);
  }());
}

TEST_CASE("a million sleeps, half of them cancelled, fire in order and leave the heap empty") {
  run_on_test_clock([]() -> Task<void> {
    TimePoint last;
    int woken = 0;
    bool ordered = true;
    for (int round = 0; round < 10; ++round) {
      const auto body = [&](Scope& tasks) -> Task<void> {
        const auto sleeper = [&](int i) -> Task<void> {
          co_await sleep(1ms * (i * 7919 % 10'007));
          ordered = ordered && now() >= last;
          last = now();
          ++woken;
        };
        for (int i = 0; i < 100'000; ++i) tasks.spawn(sleeper, i);
        co_await sleep(5003ms);
        tasks.cancel_tasks();
      };
      co_await scope(body);
    }
    CHECK(ordered);
    CHECK(woken > 400'000);
    CHECK(woken < 600'000);
    CHECK(Timers::current().armed_count() == 0);
  }());
}

TEST_CASE("many timers that are due at once fire in order, in several turns of the loop") {
  TestPoller poller;
  run_on(poller, [](TestPoller& own) -> Task<void> {
    std::vector<int> woken;
    std::size_t waits = 0;
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 2000; ++i) tasks.spawn(note_after(woken, i, 1s));
      waits = own.wait_count;
      co_return;
    };
    co_await scope(body);
    CHECK(own.wait_count >= waits + 2000 / Timers::due_max);
    REQUIRE(woken.size() == 2000);
    CHECK(std::is_sorted(woken.begin(), woken.end()));
  }(poller));
}

TEST_CASE("a timer that is due and is cancelled by one that fires before it does not fire") {
  run_on_test_clock([]() -> Task<void> {
    int fired = 0;
    Alarm second(1s, [&] { fired += 2; });
    Alarm first(1s, [&] {
      fired += 1;
      CHECK(Timers::current().armed_count() == 2);
      second.stop();
      CHECK(Timers::current().armed_count() == 1);  // the sleep
    });
    first.start();
    second.start();
    co_await sleep(2s);
    CHECK(fired == 1);
    CHECK(!second.running());
  }());
}

TEST_CASE("an alarm's function may destroy, stop, change or start the alarm") {
  run_on_test_clock([]() -> Task<void> {
    std::string calls;
    std::optional<Alarm> alarm;
    alarm.emplace(1s, [&, data = std::string(100, 'x')] {
      alarm.reset();
      calls += data.front();  // the function itself is still there
    });
    alarm->start();
    co_await sleep(2s);
    CHECK(calls == "x");
    CHECK_FALSE(alarm);

    int rung = 0;
    std::vector<TimePoint> times;
    Alarm again(1s, [&] {
      times.push_back(now());
      CHECK_FALSE(again.running());
      again.change(2s);
      if (++rung < 3) again.start();
      again.stop();
      if (rung < 3) again.start();
    });
    again.start();
    co_await sleep(1h);
    REQUIRE(times.size() == 3);
    CHECK(times[1] - times[0] >= 2s);
    CHECK(times[1] - times[0] < 3s);
    CHECK_FALSE(again.running());
  }());
}

namespace {

// Ends the loop when it is asked to wait with no deadline: what a real poller would do for ever.
class StuckPoller : public TestPoller {
 public:
  void wait(TimePoint deadline) {
    if (deadline == never) {
      ++stuck_count;
      cancel();
    }
    TestPoller::wait(deadline);
  }
  int stuck_count = 0;
  std::function<void()> cancel;
};

int times_stuck(Task<void> task) {
  StuckPoller poller;
  Loop<StuckPoller> loop(poller);
  poller.cancel = [&] { loop.cancel(); };
  loop.start(*task.release(), std::source_location::current());
  while (!loop.turn()) {
  }
  if (!loop.unwound()) loop.finish<void>();
  return poller.stuck_count;
}

}  // namespace

TEST_CASE("who sleeps for ever sleeps, alone too, and is no deadlock") {
  CHECK(times_stuck(as_task(sleep(std::chrono::hours::max()))) == 1);
  CHECK(times_stuck(as_task(sleep_until(never))) == 1);
  CHECK(times_stuck(as_task(sleep(std::chrono::duration<double>(1e300)))) == 1);
  CHECK(times_stuck(as_task(timeout(until_cancelled(), Duration::max()))) == 1);
  CHECK(times_stuck(as_task(join(sleep(1s), sleep(Duration::max())))) == 1);
  CHECK_THROWS_AS(run_on_test_clock(as_task(until_cancelled())), Deadlock);
}

TEST_CASE("whatever lies in the past has come, however long ago it was") {
  TestPoller poller;
  run_on(poller, []() -> Task<void> {
    const TimePoint start = now();
    co_await sleep_until(TimePoint::min());
    co_await sleep_until(TimePoint::min() + 1ns);
    co_await sleep_until(TimePoint(-1ns));
    co_await sleep_until(TimePoint());
    co_await sleep(Duration::min());
    co_await sleep(std::chrono::hours::min());
    co_await sleep(std::chrono::duration<double>(-1e300));
    CHECK_FALSE(co_await try_timeout(until_cancelled(), Duration::min()));
    CHECK_FALSE(co_await try_timeout(until_cancelled(), std::chrono::hours::min()));
    bool rung = false;
    Alarm alarm(std::chrono::hours::min(), [&] { rung = true; });
    alarm.start();
    while (!rung) co_await yield();
    CHECK(now() - start < 1ms);
  }());
}

TEST_CASE("the longest ticks, alarms and timeouts never come, and overflow nothing") {
  run_on_test_clock([]() -> Task<void> {
    Ticks ticks(std::chrono::hours::max());
    CHECK_FALSE(co_await try_timeout(ticks.next(), 24h));
    CHECK_FALSE(co_await try_timeout(ticks.next(), 24h));
    CHECK(ticks.missed_count() == 0);
    bool rung = false;
    Alarm alarm(1s, [&] { rung = true; });
    alarm.change(std::chrono::hours::max());
    alarm.start();
    CHECK(co_await try_timeout(sleep(24h), std::chrono::hours::max()));
    CHECK_FALSE(rung);
  }());
}

TEST_CASE("durations of any type become nanoseconds, rounded up, and stop at the ends") {
  using Frames = std::chrono::duration<std::int64_t, std::ratio<1, 60>>;
  using Thirds = std::chrono::duration<std::int64_t, std::ratio<1, 3>>;
  using Picoseconds = std::chrono::duration<std::int64_t, std::pico>;
  static_assert(saturate(1s) == 1'000'000'000ns);
  static_assert(saturate(Picoseconds(1)) == 1ns);
  static_assert(saturate(Picoseconds(1000)) == 1ns);
  static_assert(saturate(Picoseconds(1001)) == 2ns);
  static_assert(saturate(Thirds(1)) == 333'333'334ns);
  // 190 years, in which the count times a billion is more than 64 bits.
  static_assert(saturate(Frames(60LL * 6'000'000'000)) == 6'000'000'000s);
  static_assert(saturate(Frames::max()) == Duration::max());
  static_assert(saturate(std::chrono::hours::max()) == Duration::max());
  static_assert(saturate(std::chrono::hours::min()) == Duration::zero());
  static_assert(saturate(std::chrono::duration<std::uint64_t>(UINT64_MAX)) == Duration::max());
  static_assert(saturate(std::chrono::duration<double>(0.25e-9)) == 1ns);
  static_assert(saturate(std::chrono::duration<float>(0.5F)) == 500ms);
  static_assert(saturate(std::chrono::duration<double>(1e300)) == Duration::max());
  static_assert(saturate(std::chrono::duration<double>(-1e300)) == Duration::zero());
  constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(saturate(std::chrono::duration<double>(not_a_number)) == Duration::max());
}

TEST_CASE("sums and differences of times stop at the ends of the clock") {
  static_assert(deadline_after(TimePoint(1s), 1s) == TimePoint(2s));
  static_assert(deadline_after(TimePoint(1s), Duration::max()) == never);
  static_assert(deadline_after(never, 1s) == never);
  static_assert(deadline_after(TimePoint::min(), Duration::max()) == TimePoint(-1ns));
  static_assert(deadline_after(TimePoint(1s), Duration::min()) == TimePoint(1s));
  static_assert(time_until(TimePoint(3s), TimePoint(1s)) == 2s);
  static_assert(time_until(TimePoint(1s), TimePoint(3s)) == 0s);
  static_assert(time_until(TimePoint::min() + 1ns, TimePoint(1s)) == 0s);
  static_assert(time_until(never, TimePoint::min()) == Duration::max());
  static_assert(time_until(never, TimePoint()) == Duration::max());
  static_assert(time_until(TimePoint::min() + 1s, TimePoint::min()) == 1s);
  CHECK(time_until(never, TimePoint(1s)) == Duration::max() - 1s);
}
