// Machines with Sundog's own stack, for tests that run on any.
//
// A World as in tests/contracts/stack.hpp; those with two machines have two stacks.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "sundog/io/memory/network_cable.hpp"
#include "sundog/io/net/direct_stack.hpp"
#include "sundog/io/run.hpp"
#include "sundog/io/sim/lan.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/runtime/pick.hpp"
#include "tests/net/seeded_random.hpp"

namespace sundog::test {

// Runs a task beside machines that never end.
inline Task<void> run_beside(Task<void> body, net::DirectHost& host) {
  co_await pick(std::move(body), host.run());
}
inline Task<void> run_beside(Task<void> body, net::DirectHost& left, net::DirectHost& right) {
  co_await pick(run_beside(std::move(body), left), right.run());
}

// 192.0.2.NUMBER and 2001:db8:6::NUMBER on a network of its device, at once and nothing else.
template <Network N>
net::InterfaceId connect_device(net::DirectHost& host, N network, unsigned number) {
  net::Ipv6Settings settings;
  settings.enabled = false;
  settings.duplicate_probes = 0;
  const net::InterfaceId id = host.add_device("wire", std::move(network), settings);
  constexpr unsigned bits = 24;
  constexpr unsigned bits6 = 64;
  const auto octet = static_cast<std::uint8_t>(number);
  host.ip().set_address(id, Prefix(IpAddress::v4({192, 0, 2, octet}), bits));
  host.ip().set_address(
      id,
      Prefix(IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, octet}), bits6));
  return id;
}

// One machine without a device: it talks to itself.
struct OnLoopback {
  void run(auto body) { sundog::run(run_on_host(body)); }
  net::DirectStack stack() { return net::DirectStack(*host); }

  Task<void> run_on_host(auto body) {
    SeededRandom random;
    net::DirectHost machine(random);
    host = &machine;
    co_await run_beside(body(*this), machine);
  }
  net::DirectHost* host = nullptr;
};

// Two machines, at the two ends of a cable: 192.0.2.1 and 192.0.2.2.
struct OnCable {
  void run(auto body) { sundog::run(run_on_hosts(body)); }

  Task<void> run_on_hosts(auto body) {
    SeededRandom random;
    net::DirectHost one(random);
    net::DirectHost other(random);
    auto ends = network_cable();
    connect_device(one, std::move(ends.first), 1);
    connect_device(other, std::move(ends.second), 2);
    left = &one;
    right = &other;
    co_await run_beside(body(*this), one, other);
  }
  net::DirectHost* left = nullptr;
  net::DirectHost* right = nullptr;
};

// Two machines of their own on one simulated host's LAN, where nothing gets lost.
struct OnSimulatedLan {
  void run(auto body) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      sim::World world(seed, sim::FaultPlan());
      sim::Host& host = world.add_host("host");
      host.start([&] { return run_on_hosts(host, body); });
      world.run();
    }
  }

  Task<void> run_on_hosts(sim::Host& host, auto body) {
    SeededRandom random;
    net::DirectHost one(random);
    net::DirectHost other(random);
    connect_device(one, sim::SimNetwork(host, "lan"), 1);
    connect_device(other, sim::SimNetwork(host, "lan"), 2);
    left = &one;
    right = &other;
    co_await run_beside(body(*this), one, other);
  }
  net::DirectHost* left = nullptr;
  net::DirectHost* right = nullptr;
};

}  // namespace sundog::test
