// The simulator's own promises. The thousand worlds of every scenario are a test of their own
// (meson.build).
#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "sundog/io/sim/faults.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/hooks.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace sundog;
using namespace sundog::sim;

namespace {

constexpr std::uint64_t seeds = 1000;

struct Recorded {
  std::string_view scenario;
  std::uint64_t seed;
  std::uint64_t hash;
};
Recorded simulate_again(const Recorded& recorded) {
  const Outcome outcome = simulate(scenario(recorded.scenario), recorded.seed);
  return {recorded.scenario, recorded.seed, outcome.hash};
}
std::string text_of(const Recorded& recorded) {
  return fmt::format("{} with seed {}: {:016x}", recorded.scenario, recorded.seed, recorded.hash);
}

Task<void> wait_for_ever() {
  const auto [future, wakener] = wait<int>();
  co_await future;
}

}  // namespace

TEST_CASE("the same seed gives the same trace, and another seed another one") {
  hush();
  for (const Scenario& each : scenarios()) {
    if (each.name == "timers") continue;  // nothing happens in its world
    std::set<std::uint64_t> hashes;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      INFO(each.name << " with seed " << seed);
      const Outcome once = simulate(each, seed);
      const Outcome again = simulate(each, seed);
      CHECK(once.hash == again.hash);
      CHECK(once.virtual_ns == again.virtual_ns);
      CHECK(once.record_count == again.record_count);
      hashes.insert(once.hash);
    }
    // Worlds in which the memory does not suffice to begin are alike.
    const bool may_not_begin = each.name == "shortage";
    INFO(each.name);
    CHECK(hashes.size() >= (may_not_begin ? 11 : 19));
  }
}

TEST_CASE("a trace is the same on every machine") {
  // Recorded once. Another value without a change of what is simulated: something else than the
  // seed decides. In all of Xen's worlds here but the first, the rest of the machine runs amidst
  // the domain's accesses to what it shares, which compilers make of the source in their own ways
  // (xen/interleaving.hpp).
  constexpr Recorded recorded[] = {
      {"datagrams", 7, 0x062f7765589d682dU},       {"xen_events", 7, 0xb2e2488e1fc9e6ebU},
      {"xen_store", 99, 0x577ec5fa0607b702U},      {"xen_store", 128, 0xb8da04b4794302f0U},
      {"xen_console", 108, 0xb85bc062ea2498abU},   {"xen_console", 120, 0x5104e6385c2646acU},
      {"xen_events", 99, 0x7f78dfa3127bb6e2U},     {"xen_events", 120, 0x91fa8418e8cc8290U},
      {"xen_grants", 99, 0xb65954ce8d779baaU},     {"xen_grants", 115, 0xff3bc0474f671f95U},
      {"xen_lifecycle", 120, 0xe3c8c5c3a00524deU}, {"xen_lifecycle", 128, 0xc91938ffcacdf8e6U},
      {"xen_disk", 99, 0x85cb99472450bafeU},       {"xen_disk", 128, 0x22506d48a740c12fU},
      {"xen_network", 59, 0xc16d16bf0b0ff2c0U},    {"xen_network", 134, 0x02c0c427a8545c15U},
  };
  for (const Recorded& each : recorded) CHECK(text_of(simulate_again(each)) == text_of(each));
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
    "sleeps of a host last as long by its own clock as they were asked to, and no tick more") {
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
        if (slept > asked + Duration(host.clock().tick_ns())) world.fail("too long");
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

TEST_CASE("what exit hooks leave behind ends before its host does") {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    World world(seed, FaultPlan());
    Host& host = world.add_host("leaves something");
    int gone_count = 0;
    struct Gone {
      ~Gone() { ++count; }
      int& count;
    };
    const auto left_behind = [&]() -> Task<void> {
      const Gone gone(gone_count);
      co_await wait_for_ever();
    };
    const auto hook = [&]() -> Task<void> {
      const Future<void> left = async(left_behind());
      co_await yield();
    };
    const auto body = [&]() -> Task<void> {
      at_exit(hook);
      at_exit(hook);
      co_await sleep(std::chrono::seconds(1));
    };
    host.start(body);
    world.run();
    REQUIRE(gone_count == 2);
  }
}

TEST_CASE("on every host's clock the past has come, and the end of time does not") {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    World world(seed, FaultPlan());
    world.set_healed_max(std::chrono::hours(24 * 365 * 2));
    Host& host = world.add_host("sleeper");
    const auto check = [&]() -> Task<void> {
      const TimePoint before = now();
      co_await sleep_until(TimePoint::min() + Duration(1));
      co_await sleep_until(TimePoint(Duration(-1)));
      co_await sleep(std::chrono::hours::min());
      if (now() - before > Duration(host.clock().tick_ns())) world.fail("the past took time");
      const bool ended =
          co_await try_timeout(sleep(std::chrono::hours::max()), std::chrono::hours(24 * 365));
      if (ended) world.fail("for ever was less than a year");
    };
    host.start(check);
    world.run();
  }
}
