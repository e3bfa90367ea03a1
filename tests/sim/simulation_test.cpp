// The simulator's own promises. The thousand worlds of every scenario are a test of their own
// (meson.build).
#include <string>

#include "io/sim/faults.hpp"
#include "runtime/future.hpp"
#include "runtime/mutex.hpp"
#include "tests/catch.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "timers/sleep.hpp"

using namespace sundog;
using namespace sundog::sim;

namespace {

constexpr std::uint64_t seeds = 1000;

Task<void> wait_for_ever() {
  const auto [future, wakener] = wait<int>();
  co_await future;
}

}  // namespace

TEST_CASE("the same seed gives the same trace, and another seed another one") {
  hush();
  for (const Scenario& each : scenarios()) {
    if (each.name == "timers") continue;  // nothing happens in its world
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Outcome once = simulate(each, seed);
      const Outcome again = simulate(each, seed);
      CHECK(once.hash == again.hash);
      CHECK(once.virtual_ns == again.virtual_ns);
      CHECK(once.record_count == again.record_count);
      CHECK(once.hash != simulate(each, seed + 1).hash);
    }
  }
}

TEST_CASE("a trace is the same on every machine") {
  // Recorded. Another value without a change of the simulator, the scenario or the timers:
  // something else than the seed decides.
  CHECK(simulate(scenario("datagrams"), 7).hash == 0x062f7765589d682dU);
  CHECK(simulate(scenario("xen_events"), 7).hash == 0xdc079c295ce03d38U);
}

TEST_CASE("a task that nobody can wake fails the run, and the failure names it") {
  World world(1, FaultPlan());
  Host& host = world.add_host("lonely");
  host.start([] { return wait_for_ever(); });
  try {
    world.run();
    FAIL("it ended");
  } catch (const Failure& failure) {
    CHECK_THAT(failure.what(), Catch::Contains("lonely") && Catch::Contains("future") &&
                                   Catch::Contains("wait_for_ever"));
  }
}

TEST_CASE("a deadlock in a simulated world names the circle") {
  World world(1, FaultPlan());
  Host& host = world.add_host("stuck");
  Mutex mutex;
  host.start([&]() -> Task<void> {
    const Mutex::Guard guard = co_await mutex.lock();
    const Mutex::Guard again = co_await mutex.lock();
  });
  CHECK_THROWS_WITH(world.run(), Catch::Contains("stuck") && Catch::Contains("in a circle") &&
                                     Catch::Contains(": mutex"));
}

TEST_CASE(
    "sleeps of a host last as long by its own clock as they were asked to, and hardly a tick "
    "more") {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    World world(seed, FaultPlan());
    Host& host = world.add_host("sleeper");
    const auto check = [&]() -> Task<void> {
      for (int i = 0; i < 20; ++i) {
        const Duration asked = world.prng().between(Duration(0), std::chrono::seconds(100));
        const TimePoint before = now();
        co_await sleep(asked);
        const Duration slept = now() - before;
        if (slept < asked) world.fail("too short");
        const Duration late = slept - asked;
        if (late > Duration(host.clock().tick_ns()) + Timers::apart) world.fail("too long");
      }
    };
    host.start(check);
    world.run();
  }
}

TEST_CASE("a swarm switches every fault on in some worlds and off in others") {
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto fault = static_cast<Fault>(i);
    std::uint64_t on = 0;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      Prng prng(seed);
      on += FaultPlan(prng).ppm(fault) != 0 ? 1 : 0;
    }
    INFO(name(fault));
    CHECK(on > seeds / 4);
    CHECK(on < seeds * 3 / 4);
  }
}
