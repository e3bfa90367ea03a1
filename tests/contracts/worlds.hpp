// The machines that the contracts of the network are tried on: this one, with both of its pollers,
// and a simulated one.
#pragma once

#include "sundog/io/sim/host.hpp"
#include "sundog/io/sim/resolver.hpp"
#include "sundog/io/sim/stack.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/io/unix/resolver.hpp"
#include "sundog/io/unix/stack.hpp"
#include "tests/unix/each_poller.hpp"

namespace sundog::contract {

struct OnThisHost {
  void run(auto body) {
    test::on_each_poller([&] { return body(*this); });
  }
  HostStack stack() { return HostStack(); }
  HostResolver resolver() { return HostResolver(); }
  std::size_t many_bytes = 32 << 20;
  std::string known_name = "localhost";
  IpAddress known_address = IpAddress::loopback_v4();
};

// A world in which nothing goes wrong by itself; another seed has other delays and windows.
struct Simulated {
  void run(auto body) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      sim::World world(seed, sim::FaultPlan());
      host = &world.add_host("host");
      sim::Host& other = world.add_host("other");
      known_address = other.address_v6();
      host->start([&] { return body(*this); });
      world.run();
    }
  }
  sim::SimStack stack() { return sim::SimStack(*host); }
  sim::SimResolver resolver() { return sim::SimResolver(*host); }
  // Windows of some worlds have a few bytes only, at a segment each.
  std::size_t many_bytes = 200'000;
  std::string known_name = "Other";
  IpAddress known_address;
  sim::Host* host = nullptr;
};

}  // namespace sundog::contract
