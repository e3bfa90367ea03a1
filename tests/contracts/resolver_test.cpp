// The contract of Resolver, on every implementation.
#include "tests/contracts/resolver.hpp"

#include <optional>

#include "sundog/io/net/resolver/resolver.hpp"
#include "sundog/io/sim/random.hpp"
#include "sundog/io/unix/system.hpp"
#include "tests/contracts/worlds.hpp"
#include "tests/net/resolver/fake_name_server.hpp"

using namespace sundog;

namespace {

std::vector<std::byte> answer(const dns::Message& query, bool) {
  test::Reply reply(query);
  if (reply.question().name == test::dns_name("known.example.org")) {
    reply.address("known.example.org", "192.0.2.1").address("known.example.org", "2001:db8::17");
  } else {
    reply.authority("example.org", 60, 60).rcode(dns::Rcode::name_error);
  }
  return reply.bytes();
}

// The DNS client, which asks a name server on another simulated host, over a network that loses
// datagrams.
struct SimulatedDns {
  void run(auto body) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      sim::FaultPlan faults;
      faults.set(sim::Fault::datagram_loss, 100'000);
      sim::World world(seed, faults);
      sim::Host& server = world.add_host("server");
      host = &world.add_host("host");
      where = server.endpoint(53);
      test::FakeNameServer names(answer);
      server.start([&] { return test::serve_dns(sim::SimStack(server), where, names); },
                   sim::Host::Duty::serve);
      host->start([&]() -> Task<void> {
        stack.emplace(*host);
        random.emplace(*host);
        co_await body(*this);
      });
      world.run();
    }
  }
  net::DnsResolver<sim::SimStack, sim::SimRandom> resolver() { return {*stack, *random, {where}}; }

  std::string known_name = "Known.example.org";
  IpAddress known_address = IpAddress::parse("192.0.2.1");
  sim::Host* host = nullptr;
  Endpoint where;
  std::optional<sim::SimStack> stack;
  std::optional<sim::SimRandom> random;
};

// The same over this host's sockets.
struct DnsOnThisHost {
  void run(auto body) {
    test::FakeNameServer names(answer);
    test::on_each_poller([&]() -> Task<void> {
      const auto with_server = [&](Scope& tasks) -> Task<void> {
        // A port that is free, for the moment, for TCP and for UDP.
        where = Endpoint(stack.listen(Endpoint::loopback(0)).local_address());
        tasks.spawn(test::serve_dns(HostStack(), where, names));
        co_await body(*this);
        tasks.cancel_tasks();
      };
      co_await scope(with_server);
    });
  }
  net::DnsResolver<HostStack, HostRandom> resolver() { return {stack, random, {where}}; }

  std::string known_name = "known.example.org.";
  IpAddress known_address = IpAddress::parse("2001:db8::17");
  Endpoint where;
  HostStack stack;
  HostRandom random;
};

}  // namespace

TEST_CASE("the host's resolver keeps the contract of Resolver") {
  contract::resolver(contract::OnThisHost());
}

TEST_CASE("a simulated host's resolver keeps the contract of Resolver") {
  contract::resolver(contract::Simulated());
}

TEST_CASE("the DNS client on a simulated host keeps the contract of Resolver") {
  contract::resolver(SimulatedDns());
}

TEST_CASE("the DNS client on this host keeps the contract of Resolver") {
  contract::resolver(DnsOnThisHost());
}

TEST_CASE("a simulated host's name is the same in capitals, and with a dot at its end") {
  contract::Simulated().run([](contract::Simulated& in) -> Task<void> {
    auto resolver = in.resolver();
    const auto addresses = co_await resolver.resolve("oTHER.");
    CHECK(addresses.front() == in.known_address);
  });
}

TEST_CASE("a name that no simulated host has is not found, and the error names it") {
  contract::Simulated().run([](contract::Simulated& in) -> Task<void> {
    auto resolver = in.resolver();
    std::string what;
    try {
      static_cast<void>(co_await resolver.resolve("nobody"));
    } catch (const std::system_error& error) {
      CHECK(error.code() == ResolveError::name_not_found);
      what = error.what();
    }
    CHECK_THAT(what, Catch::Contains("nobody"));
  });
}

TEST_CASE("where every question gets lost, a simulated resolver gives up") {
  sim::FaultPlan faults;
  faults.set(sim::Fault::datagram_loss, sim::always_ppm);
  sim::World world(1, faults);
  sim::Host& host = world.add_host("host");
  host.start([&]() -> Task<void> {
    sim::SimResolver resolver(host);
    const auto error = co_await contract::error_of(resolver.resolve("host"));
    CHECK(error == ResolveError::try_again);
  });
  world.run();
}
