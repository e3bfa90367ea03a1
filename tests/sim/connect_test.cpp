// connect() by name ("happy eyeballs", RFC 8305), on a simulated network.
#include "sundog/io/connect.hpp"

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

#include "sundog/io/sim/stack.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"

using namespace sundog;
using namespace sundog::sim;
using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t port = 80;

// A name with these addresses.
struct Addresses {
  std::vector<IpAddress> addresses;
  Task<std::vector<IpAddress>> resolve(std::string) { co_return addresses; }
};

// Nobody has it: what is sent there is lost.
const IpAddress silent = IpAddress::parse("2001:db8:dead::1");
const IpAddress other_silent = IpAddress::parse("192.0.2.1");

// How a connection to a name with these addresses ended, and when, in a world in which a server
// listens at port 80 of 10.0.0.1 only.
struct Ending {
  std::string what;  // the peer, or the error
  std::error_code error;
  Duration took{};
  std::size_t accepted = 0;
  std::size_t open_descriptors = 0;
};

Task<void> accept_all(Host& host, std::size_t& accepted) {
  auto listener = SimStack(host).listen(Endpoint(host.address_v4(), port));
  for (;;) {
    SimFlow flow = co_await listener.accept();
    ++accepted;
    std::array<std::byte, 1> buffer;
    co_await flow.read(buffer);  // until the client goes
  }
}

Ending connect_to(std::vector<IpAddress> addresses, Duration patience = 1h) {
  World world(1, FaultPlan());
  Host& server = world.add_host("server");
  Host& client = world.add_host("client", World::ClockKind::exact);
  Ending ending;
  server.start([&] { return accept_all(server, ending.accepted); }, Host::Duty::serve);
  client.start([&]() -> Task<void> {
    SimStack stack(client);
    Addresses resolver(addresses);
    const TimePoint begun = now();
    try {
      auto flow = co_await timeout(connect(stack, resolver, "server", port), patience);
      ending.took = now() - begun;
      ending.what = flow.peer_address().to_string();
    } catch (const std::system_error& error) {
      ending.took = now() - begun;
      ending.what = error.what();
      ending.error = error.code();
    }
    ending.open_descriptors = client.open_descriptor_count();
  });
  world.run();
  return ending;
}

const IpAddress good = IpAddress::parse("10.0.0.1");
// The server has these two, and does not listen there.
const IpAddress refusing = IpAddress::parse("2001:db8::1");

}  // namespace

TEST_CASE("a name whose first address is silent is reached by the next a quarter second later") {
  const Ending ending = connect_to({silent, good});
  CHECK(ending.what == "10.0.0.1:80");
  CHECK(ending.took >= connection_attempt_delay);
  CHECK(ending.took < 1s);
  CHECK(ending.open_descriptors == 0);  // the flow's and the loser's
}

TEST_CASE("a name whose first address refuses is reached by the next at once") {
  const Ending ending = connect_to({refusing, good});
  CHECK(ending.what == "10.0.0.1:80");
  CHECK(ending.took < connection_attempt_delay + 200ms);
}

TEST_CASE("the first address that answers is the only one that is tried") {
  const Ending ending = connect_to({good, silent});
  CHECK(ending.what == "10.0.0.1:80");
  CHECK(ending.accepted == 1);
}

TEST_CASE("families take turns, so that one dead family costs one attempt") {
  const Ending ending = connect_to(
      {silent, IpAddress::parse("2001:db8:dead::2"), IpAddress::parse("2001:db8:dead::3"), good});
  CHECK(ending.what == "10.0.0.1:80");
  CHECK(ending.took < 2 * connection_attempt_delay);
}

TEST_CASE("where no address answers, the error has the first one's code and tells of all") {
  const Ending ending = connect_to({silent, other_silent, refusing});
  CHECK(ending.error == std::errc::connection_refused);  // which was the first to be known
  CHECK_THAT(ending.what, Catch::Contains("[2001:db8:dead::1]:80 (Connection timed out)") &&
                              Catch::Contains("192.0.2.1:80 (Connection timed out)") &&
                              Catch::Contains("[2001:db8::1]:80 (Connection refused)"));
}

TEST_CASE("one address alone gives its own error") {
  const Ending ending = connect_to({refusing});
  CHECK(ending.error == std::errc::connection_refused);
  CHECK_THAT(ending.what, Catch::Contains("cannot connect to [2001:db8::1]:80"));
}

TEST_CASE("a connection attempt that is cancelled leaves nothing behind") {
  const Ending ending = connect_to({silent, other_silent}, 1s);
  CHECK(ending.error == std::errc::timed_out);
  CHECK(ending.took < 1100ms);
  CHECK(ending.open_descriptors == 0);
}

TEST_CASE("endpoints of both families are interleaved, each family in its order") {
  const auto interleaved = [](const std::vector<std::string>& texts) {
    std::vector<Endpoint> endpoints;
    for (const std::string& text : texts) endpoints.push_back(Endpoint::parse(text));
    std::string joined;
    for (const Endpoint& endpoint : interleave_families(endpoints)) {
      joined += endpoint.to_string() + " ";
    }
    return joined;
  };
  CHECK(interleaved({}).empty());
  CHECK(interleaved({"1.1.1.1:1", "2.2.2.2:2"}) == "1.1.1.1:1 2.2.2.2:2 ");
  CHECK(interleaved({"[::1]:1", "[::2]:2", "[::3]:3", "1.1.1.1:1", "2.2.2.2:2"}) ==
        "[::1]:1 1.1.1.1:1 [::2]:2 2.2.2.2:2 [::3]:3 ");
  CHECK(interleaved({"1.1.1.1:1", "[::1]:1", "[::2]:2"}) == "1.1.1.1:1 [::1]:1 [::2]:2 ");
}
