// Connections between two machines whose network loses, doubles, damages and reorders frames, in
// virtual time: the bytes are equal, or the connection says that it has failed; nothing hangs.
#include <cstdint>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include "sundog/io/net/device/faulty.hpp"
#include "sundog/io/net/direct_stack.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/flow.hpp"
#include "tests/contracts/stack.hpp"
#include "tests/net/direct_worlds.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using contract::text_of;

namespace {

constexpr IpAddress right_address = IpAddress::parse("192.0.2.2");

using FaultyNetwork = net::Faulty<sim::SimNetwork>;

// Two machines, whose frames suffer in both directions.
struct OnBadLan {
  std::uint64_t seed = 1;
  net::NetworkFaults faults;

  void run(auto body) {
    sim::World world(seed, sim::FaultPlan());
    sim::Host& host = world.add_host("host");
    host.start([&] { return run_on_hosts(host, body); });
    world.run();
  }
  Task<void> run_on_hosts(sim::Host& host, auto body) {
    test::SeededRandom random(seed);
    net::DirectHost one(random);
    net::DirectHost other(random);
    test::connect_device(one, FaultyNetwork(sim::SimNetwork(host, "lan"), faults, seed), 1);
    test::connect_device(other, FaultyNetwork(sim::SimNetwork(host, "lan"), faults, seed + 1000),
                         2);
    left = &one;
    right = &other;
    co_await test::run_beside(body(*this), one, other);
  }
  net::DirectHost* left = nullptr;
  net::DirectHost* right = nullptr;
};

struct Outcome {
  bool whole = false;
  std::error_code error;
};

// So many bytes each way, over one connection.
Task<Outcome> exchange(OnBadLan& in, std::size_t bytes) {
  Outcome outcome;
  try {
    net::DirectStack left(*in.left);
    auto listener = net::DirectStack(*in.right).listen(Endpoint(right_address, 80));
    auto [client, server] = co_await join(contract::connect_to(left, listener.local_address()),
                                          contract::accept_from(listener));
    const std::string there = text_of(bytes);
    const std::string back = text_of(bytes / 3 + 1);
    auto [none, nothing, at_server, at_client] =
        co_await join(contract::write_all(client, there), contract::write_all(server, back),
                      contract::read_all(server), contract::read_all(client, 777));
    outcome.whole = at_server == there && at_client == back;
  } catch (const std::system_error& error) {
    outcome.error = error.code();
  }
  co_return outcome;
}

}  // namespace

TEST_CASE("whatever happens to frames, the bytes are equal, and connections end") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto up_to = [&](double most) {
      // Each kind of fault is absent at times.
      const bool absent = random() % 3 == 0;
      return absent ? 0 : std::uniform_real_distribution<double>(0, most)(random);
    };
    OnBadLan world;
    world.seed = seed;
    world.faults.loss = up_to(0.1);
    world.faults.duplication = up_to(0.1);
    world.faults.damage = up_to(0.05);
    world.faults.reordering = up_to(0.2);
    world.faults.delay = std::chrono::microseconds(random() % 20'000);
    world.run([](OnBadLan& in) -> Task<void> {
      const auto outcome = co_await try_timeout(exchange(in, 100'000), 30min);
      REQUIRE(outcome.has_value());
      INFO(outcome->error.message());
      CHECK(outcome->whole);
      co_await sleep(20min);
      CHECK(in.left->tcp().connection_count() == 0);
      CHECK(in.right->tcp().connection_count() == 0);
      CHECK(in.left->tcp().memory_bytes() == 0);
      CHECK(in.right->tcp().memory_bytes() == 0);
    });
  }
}

TEST_CASE("with a third of all frames lost, a transfer is whole or fails cleanly") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    OnBadLan world;
    world.seed = seed;
    world.faults.loss = 0.3;
    world.run([](OnBadLan& in) -> Task<void> {
      const auto outcome = co_await try_timeout(exchange(in, 20'000), 50min);
      REQUIRE(outcome.has_value());
      CHECK((outcome->whole || outcome->error));
    });
  }
}

TEST_CASE("a network that stops in the middle of a transfer makes both ends time out") {
  OnBadLan world;
  world.faults.bytes_per_s = 10'000'000;
  world.run([](OnBadLan& in) -> Task<void> {
    auto listener = net::DirectStack(*in.right).listen(Endpoint(right_address, 80));
    net::DirectStack left(*in.left);
    auto [client, server] = co_await join(contract::connect_to(left, listener.local_address()),
                                          contract::accept_from(listener));
    const std::string many = text_of(10'000'000);
    server.set_keep_alive(true, 60s);
    const auto cut = [&]() -> Task<void> {
      co_await sleep(50ms);
      // Nobody has the address any more.
      in.right->ip().remove_address(1, right_address);
    };
    const auto [none, written, got] =
        co_await join(cut(), contract::error_of(contract::write_once(client, as_bytes(many))),
                      contract::error_of(contract::read_all(server)));
    INFO(written.message() << ", " << got.message());
    CHECK((written == std::errc::timed_out || written == std::errc::host_unreachable));
    CHECK((got == std::errc::timed_out || got == std::errc::host_unreachable));
  });
}
