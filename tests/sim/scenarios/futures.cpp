// Futures with many waiters: each gets the value at the moment it is there, or gives up at its own
// moment before.
#include <chrono>
#include <optional>
#include <vector>

#include "sundog/runtime/future.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration while_max = 10s;

class Futures {
 public:
  explicit Futures(World& world) : world_(world) {}

  Task<void> run() {
    const auto body = [&](Scope& tasks) -> Task<void> {
      const std::uint64_t futures = world_.prng().between(1, 4);
      for (std::uint64_t i = 0; i < futures; ++i) {
        const Duration when = world_.prng().between(0ns, while_max);
        auto [future, wakener] = wait<std::int64_t>();
        tasks.spawn(resolve(std::move(wakener), when));
        const std::uint64_t waiters = world_.prng().between(1, 6);
        for (std::uint64_t j = 0; j < waiters; ++j) tasks.spawn(be_a_waiter(future, when));
      }
      co_return;
    };
    co_await scope(body);
  }

 private:
  Task<void> resolve(Wakener<std::int64_t> wakener, Duration when) {
    co_await sleep(when);
    wakener.wakeup(when.count());
  }
  Task<std::int64_t> value_of(Future<std::int64_t> future) { co_return co_await future; }

  Task<void> be_a_waiter(Future<std::int64_t> future, Duration when) {
    const Duration patience = world_.prng().between(0ns, while_max);
    const std::optional<std::int64_t> value =
        co_await try_timeout(value_of(std::move(future)), patience);
    if (value.has_value() != (when < patience) && when != patience) {
      world_.fail("futures: a waiter gave up too early, or not at all");
    }
    if (value && *value != when.count()) world_.fail("futures: a waiter got another value");
    if (world_.now_ns() != std::min(when, patience).count()) {
      world_.fail("futures: a waiter was woken at another time");
    }
  }

  World& world_;
};

}  // namespace

void simulate_futures(World& world) {
  world.faults().spare_memory();
  // A busy host would wake late, and the expected times are exact.
  world.faults().set(Fault::slow_turn, 0);
  Host& host = world.add_host("host", World::ClockKind::exact);
  Futures futures(world);
  host.start([&] { return futures.run(); });
  world.run();
}

}  // namespace sundog::sim
