// What simulated hosts can run out of, and what they take for the time.
#include "sundog/io/sim/memory.hpp"

#include <chrono>
#include <array>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "examples/echo/echo.hpp"
#include "sundog/io/sim/stack.hpp"
#include "sundog/io/sim/random.hpp"
#include "sundog/io/sim/wall_clock.hpp"
#include "sundog/runtime/join.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/random.hpp"
#include "tests/contracts/wall_clock.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "sundog/timers/sleep.hpp"

using namespace sundog;
using namespace sundog::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t echo_port = 7;

// A byte to the echo service and back.
Task<void> ask(Host& host, Endpoint server) {
  SimFlow flow = co_await SimStack(host).connect(server);
  std::array<std::byte, 1> byte = {std::byte{42}};
  co_await flow.write(byte);
  co_await flow.shutdown();
  co_await flow.read(byte);
}

// Whether the n-th allocation of the asking host came to pass, and failed.
bool ask_with_failing(std::uint64_t n) {
  World world(1, FaultPlan());
  Host& server = world.add_host("server");
  Host& client = world.add_host("client");
  server.start([&] { return echo::serve(SimStack(server).listen(Endpoint::any(echo_port))); },
               Host::Duty::serve);
  bool threw = false;
  client.start([&]() -> Task<void> {
    try {
      co_await ask(client, server.endpoint(echo_port));
    } catch (const std::bad_alloc&) {
      threw = true;
    }
  });
  client.memory().fail_nth(n);
  world.run();
  world.check_memory();
  REQUIRE(threw == (client.memory().failure_count() == 1));
  return threw;
}

// What is put here is seen by others, for all that the compiler knows: it cannot leave it out.
void* volatile seen = nullptr;

Task<void> append(std::string& text, char letter) {
  text += letter;
  co_return;
}

}  // namespace

TEST_CASE("each allocation of a host can fail, and its tasks get std::bad_alloc") {
  hush();
  std::uint64_t n = 0;
  while (ask_with_failing(n)) ++n;
  CHECK(n > 3);  // frames, at least
}

TEST_CASE("a host gets as much memory as its budget, and again what it has given back") {
  World world(1, FaultPlan());
  Host& host = world.add_host("small");
  std::vector<bool> got;
  got.reserve(3);
  const auto main = [&]() -> Task<void> {
    for (const std::size_t bytes :
         {std::size_t{60'000}, std::size_t{60'000}, std::size_t{80'000}}) {
      try {
        const auto block = std::make_unique<std::byte[]>(bytes);
        seen = block.get();
        got.push_back(true);
      } catch (const std::bad_alloc&) {
        got.push_back(false);
      }
    }
    co_return;
  };
  host.start(main);
  host.memory().set_budget(70'000);
  world.run();
  CHECK(got == std::vector<bool>{true, true, false});
  CHECK(host.memory().block_count() == 0);
}

TEST_CASE("memory that a host never frees fails the run, and the failure names it") {
  World world(1, FaultPlan());
  Host& host = world.add_host("leaky");
  std::string kept;
  host.start([&]() -> Task<void> {
    kept.assign(1000, 'x');
    co_return;
  });
  world.run();
  CHECK_THROWS_WITH(world.check_memory(), Catch::Contains("leaky") && Catch::Contains("1 block"));
  std::string().swap(kept);
  CHECK_NOTHROW(world.check_memory());
}

TEST_CASE("the date jumps in a simulated world, and sleeps last as long as they should") {
  FaultPlan faults;
  faults.set(Fault::wall_clock_jump, always_ppm);
  World world(3, faults);
  Host& host = world.add_host("sleeper", World::ClockKind::exact);
  int jumps = 0;
  host.start([&]() -> Task<void> {
    for (int i = 0; i < 20; ++i) {
      const WallTime date = SimWallClock(host).now();
      const TimePoint before = now();
      co_await sleep(1s);
      CHECK(now() - before == 1s);
      if (SimWallClock(host).now() - date != 1s) ++jumps;
    }
  });
  world.run();
  CHECK(jumps > 10);
}

TEST_CASE("the order of jobs that are ready together is drawn where that is switched on") {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    FaultPlan faults;
    faults.set(Fault::ready_order, always_ppm);
    World world(seed, faults);
    Host& host = world.add_host("host");
    std::string order;
    host.start([&]() -> Task<void> {
      co_await join(append(order, 'a'), append(order, 'b'), append(order, 'c'));
    });
    world.run();
    orders.insert(order);
  }
  CHECK(orders.size() == 6);
}

TEST_CASE("the date drifts as the host's own clock does") {
  int drifting = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    World world(seed, FaultPlan());
    Host& host = world.add_host("sleeper");
    host.start([&]() -> Task<void> {
      const WallTime date = SimWallClock(host).now();
      const TimePoint before = now();
      const std::int64_t world_before_ns = world.now_ns();
      co_await sleep(100s);
      CHECK(SimWallClock(host).now() - date == now() - before);
      const Duration true_span(world.now_ns() - world_before_ns);
      if (std::chrono::abs(SimWallClock(host).now() - date - true_span) > 1ms) ++drifting;
    });
    world.run();
  }
  CHECK(drifting > 5);
}

TEST_CASE("a simulated host's date keeps the contract of WallClock") {
  World world(1, FaultPlan());
  Host& host = world.add_host("host");
  host.start([&] { return contract::wall_clock(SimWallClock(host)); });
  world.run();
}

TEST_CASE("a simulated host's random bytes keep the contract of Random") {
  World world(1, FaultPlan());
  Host& host = world.add_host("host");
  contract::random([&] { return SimRandom(host); });
}

TEST_CASE("random bytes of a host come from the seed alone") {
  const auto draw = [](std::uint64_t seed) {
    World world(seed, FaultPlan());
    std::array<std::byte, 16> bytes{};
    SimRandom(world.add_host("host")).fill(bytes);
    return bytes;
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
}
