// A machine with two links, on both of which the same link-local addresses are: the zone says which
// is meant (RFC 4007).
#include <string>

#include "sundog/runtime/join.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/datagram.hpp"
#include "tests/net/direct_worlds.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

constexpr Prefix middle_address = Prefix::parse("fe80::1/64");
constexpr Prefix far_address = Prefix::parse("fe80::2/64");

net::Ipv6Settings at_once() {
  net::Ipv6Settings settings;
  settings.enabled = false;
  settings.duplicate_probes = 0;
  return settings;
}

void add_link(net::DirectHost& machine, sim::Host& host, const char* lan, const Prefix& address) {
  const net::InterfaceId id = machine.add_device(lan, sim::SimNetwork(host, lan), at_once());
  machine.ip().set_address(id, address);
}

// Runs body(left, middle, right): the middle has interface 1 to the left and 2 to the right.
template <class Body>
void between_two_links(Body body) {
  sim::World world(1, sim::FaultPlan());
  sim::Host& host = world.add_host("host");
  host.start([&]() -> Task<void> {
    test::SeededRandom random;
    net::DirectHost left(random);
    net::DirectHost middle(random);
    net::DirectHost right(random);
    add_link(middle, host, "left", middle_address);
    add_link(middle, host, "right", middle_address);
    add_link(left, host, "left", far_address);
    add_link(right, host, "right", far_address);
    const auto run_body = [&]() -> Task<void> { co_await body(left, middle, right); };
    co_await pick(test::run_beside(run_body(), left, right), middle.run());
  });
  world.run();
}

}  // namespace

TEST_CASE("the zone, by number or by name, says on which link a neighbour is") {
  between_two_links(
      [](net::DirectHost& left, net::DirectHost& middle, net::DirectHost& right) -> Task<void> {
        auto socket = net::DirectStack(middle).datagrams(Endpoint::any(7));
        auto on_left = net::DirectStack(left).datagrams(Endpoint::any(9));
        auto on_right = net::DirectStack(right).datagrams(Endpoint::any(9));
        co_await socket.send(as_bytes("left"), Endpoint::parse("[fe80::2%left]:9"));
        co_await socket.send(as_bytes("right"), Endpoint::parse("[fe80::2%2]:9"));
        std::string got = co_await contract::receive_text(on_left);
        CHECK(got == "left");
        std::array<std::byte, 16> buffer{};
        const auto received = co_await on_right.receive(buffer);
        CHECK(received.size == 5);
        CHECK(received.peer == Endpoint::parse("[fe80::1%1]:7"));
        // Whoever answers has the zone from the message.
        co_await on_right.send(as_bytes("back"), received.peer);
        const auto answer = co_await socket.receive(buffer);
        CHECK(answer.peer == Endpoint::parse("[fe80::2%2]:9"));
        const std::error_code seen = co_await contract::error_of(
            contract::send_once(socket, as_bytes("x"), Endpoint::parse("[fe80::2%nowhere]:9")));
        CHECK(seen == std::errc::network_unreachable);
      });
}

TEST_CASE("a socket that is bound in a zone takes what comes from there, and sends there") {
  between_two_links(
      [](net::DirectHost& left, net::DirectHost& middle, net::DirectHost& right) -> Task<void> {
        auto socket = net::DirectStack(middle).datagrams(Endpoint::parse("[fe80::1%right]:7"));
        CHECK(socket.local_address() == Endpoint::parse("[fe80::1%2]:7"));
        auto on_left = net::DirectStack(left).datagrams(Endpoint::any(9));
        auto on_right = net::DirectStack(right).datagrams(Endpoint::any(9));
        co_await on_left.send(as_bytes("left"), Endpoint::parse("[fe80::1]:7"));
        co_await on_right.send(as_bytes("right"), Endpoint::parse("[fe80::1]:7"));
        std::string got = co_await contract::receive_text(socket);
        CHECK(got == "right");
        co_await socket.send(as_bytes("back"), Endpoint::parse("[fe80::2]:9"));
        got = co_await contract::receive_text(on_right);
        CHECK(got == "back");
        CHECK(middle.ip().icmp6_statistics().errors_sent == 1);
      });
}

TEST_CASE("connections over IPv6 are made in the zone that their addresses name") {
  between_two_links(
      [](net::DirectHost&, net::DirectHost& middle, net::DirectHost& right) -> Task<void> {
        auto listener = net::DirectStack(right).listen(Endpoint::parse("[fe80::2%right]:80"));
        const auto serve = [&]() -> Task<void> {
          auto flow = co_await listener.accept();
          std::array<std::byte, 16> buffer{};
          const std::size_t count = co_await flow.read(buffer);
          co_await flow.write(Bytes(buffer).first(count));
          CHECK(flow.peer_address().address() == IpAddress::parse("fe80::1%1"));
        };
        const auto call = [&]() -> Task<void> {
          auto flow = co_await net::DirectStack(middle).connect(Endpoint::parse("[fe80::2%2]:80"));
          CHECK(flow.local_address().address() == IpAddress::parse("fe80::1%2"));
          co_await flow.write(as_bytes("hello"));
          std::array<std::byte, 16> buffer{};
          const std::size_t count = co_await flow.read(buffer);
          CHECK(count == 5);
        };
        co_await join(serve(), call());
      });
}

TEST_CASE("a machine reaches its own link-local address, on the loopback") {
  between_two_links([](net::DirectHost&, net::DirectHost& middle, net::DirectHost&) -> Task<void> {
    auto socket = net::DirectStack(middle).datagrams(Endpoint::parse("[fe80::1%left]:7"));
    co_await socket.send(as_bytes("self"), socket.local_address());
    std::array<std::byte, 16> buffer{};
    const auto got = co_await socket.receive(buffer);
    CHECK(got.size == 4);
    CHECK(got.peer == socket.local_address());
    const std::uint64_t sent = middle.ip().interface(1).link().statistics().sent_frames;
    co_await socket.send(as_bytes("self"), socket.local_address());
    CHECK(middle.ip().interface(1).link().statistics().sent_frames == sent);
  });
}
