// Channel under senders and receivers that give up: what was sent is received once, and nothing
// else is.
#include <chrono>
#include <optional>
#include <set>

#include "sundog/runtime/channel.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

// The sender in the upper half, its count in the lower.
using Value = std::uint64_t;
constexpr std::uint64_t sender_shift = 32;

class Channels {
 public:
  explicit Channels(World& world) : world_(world), channel_(world.prng().below(4)) {}

  Task<void> run() {
    const auto body = [&](Scope& tasks) -> Task<void> {
      const std::uint64_t receivers = world_.prng().between(1, 4);
      for (std::uint64_t i = 0; i < receivers; ++i) tasks.spawn(be_a_receiver());
      const auto senders = [&](Scope& inner) -> Task<void> {
        const std::uint64_t count = world_.prng().between(1, 4);
        for (std::uint64_t i = 0; i < count; ++i) inner.spawn(be_a_sender(i));
        co_return;
      };
      co_await scope(senders);
      channel_.close();
    };
    co_await scope(body);
    if (sent_ != received_) world_.fail("channels: what was received is not what was sent");
    if (channel_.size() != 0) world_.fail("channels: values are left after the end");
  }

 private:
  Duration a_while() { return world_.prng().between(0ns, 10ms); }

  Task<void> be_a_sender(std::uint64_t sender) {
    const std::uint64_t count = world_.prng().between(0, 20);
    for (std::uint64_t i = 0; i < count; ++i) {
      const Value value = sender << sender_shift | i;
      const std::optional<bool> sent = co_await try_timeout(channel_.send(value), a_while());
      if (sent == true) sent_.insert(value);
      if (sent == false) world_.fail("channels: a send fails although nobody closed");
      if (world_.prng().below(2) == 0) co_await sleep(a_while());
    }
  }

  Task<void> be_a_receiver() {
    for (;;) {
      const std::optional<std::optional<Value>> received =
          co_await try_timeout(channel_.receive(), a_while());
      if (!received) continue;
      if (!*received) co_return;
      note_received(**received);
      if (world_.prng().below(2) == 0) co_await sleep(a_while());
    }
  }

  void note_received(Value value) {
    if (!received_.insert(value).second) world_.fail("channels: a value came twice");
  }

  World& world_;
  Channel<Value> channel_;
  std::set<Value> sent_;
  std::set<Value> received_;
};

}  // namespace

void simulate_channels(World& world) {
  world.faults().spare_memory();
  Host& host = world.add_host("host");
  Channels channels(world);
  host.start([&] { return channels.run(); });
  world.run();
}

}  // namespace sundog::sim
