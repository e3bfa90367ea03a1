// The DHCP client on machines with Sundog's own stack, with a server on the same simulated LAN.
#include "sundog/io/net/dhcp/client.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "sundog/io/net/direct_stack.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/net/direct_worlds.hpp"

using namespace sundog;
using namespace sundog::net;
using namespace std::chrono_literals;

namespace {

const IpAddress server_address = IpAddress::parse("192.0.2.1");

// Grants 192.0.2.100 and what follows to whoever asks, for as long as `lease_s`.
struct Server {
  std::vector<dhcp::MessageType> seen;
  std::vector<IpAddress> declined;
  std::uint32_t lease_s = 600;
  bool is_silent = false;
  std::uint8_t next = 100;

  std::optional<std::vector<std::byte>> answer(Bytes bytes) {
    const auto request = dhcp::Message::parse(bytes);
    if (!request || request->direction != dhcp::Direction::request) return std::nullopt;
    seen.push_back(request->type().value());
    if (seen.back() == dhcp::MessageType::decline) {
      declined.push_back(request->address(dhcp::OptionCode::requested_address).value());
      ++next;
    }
    const bool is_discover = seen.back() == dhcp::MessageType::discover;
    if (is_silent || (!is_discover && seen.back() != dhcp::MessageType::request)) {
      return std::nullopt;
    }
    dhcp::Message reply = *request;
    reply.direction = dhcp::Direction::reply;
    reply.your = request->client.is_any() ? IpAddress::v4({192, 0, 2, next}) : request->client;
    std::array<std::byte, dhcp::message_bytes_max> space;
    dhcp::MessageWriter writer(
        space, reply, is_discover ? dhcp::MessageType::offer : dhcp::MessageType::acknowledge);
    writer.address(dhcp::OptionCode::server, server_address);
    writer.address(dhcp::OptionCode::subnet_mask, IpAddress::parse("255.255.255.0"));
    writer.address(dhcp::OptionCode::routers, server_address);
    writer.address(dhcp::OptionCode::name_servers, IpAddress::parse("192.0.2.53"));
    writer.number16(dhcp::OptionCode::mtu, 1400);
    writer.number32(dhcp::OptionCode::lease_time, lease_s);
    const Bytes all = writer.finish();
    return std::vector<std::byte>(all.begin(), all.end());
  }
};

Task<void> serve(DirectHost& host, Server& server) {
  auto socket = DirectStack(host).datagrams(Endpoint(IpAddress::any_v4(), dhcp::server_port));
  std::array<std::byte, 1500> buffer;
  for (;;) {
    const auto received = co_await socket.receive(buffer);
    const auto reply = server.answer(Bytes(buffer).first(received.size));
    if (!reply) continue;
    const bool is_known = !received.peer.address().is_any();
    const IpAddress to = is_known ? received.peer.address() : IpAddress::parse("255.255.255.255");
    co_await socket.send(*reply, Endpoint(to, dhcp::client_port));
  }
}

// A server, a machine that wants an address, and one that has 192.0.2.100 already if asked for.
struct Lab {
  Lab(DirectHost& server_host, DirectHost& client_host, InterfaceId id, RandomSource& random)
      : machine(server_host),
        host(client_host),
        wire(id),
        client(client_host.ip(), client_host.udp(), client_host.ticks(), random, id, "lighthouse") {
  }

  DirectHost& machine;
  DirectHost& host;
  InterfaceId wire;
  dhcp::Client client;
  Server server;
};

void in_lab(bool with_squatter, std::function<Task<void>(Lab&)> body) {
  sim::World world(1, sim::FaultPlan());
  sim::Host& machine = world.add_host("machine", sim::World::ClockKind::exact);
  machine.start([&]() -> Task<void> {
    test::SeededRandom random;
    DirectHost server_host(random);
    DirectHost client_host(random);
    DirectHost squatter(random);
    test::connect_device(server_host, sim::SimNetwork(machine, "lan"), 1);
    const InterfaceId wire = client_host.add_device("wire", sim::SimNetwork(machine, "lan"));
    if (with_squatter) test::connect_device(squatter, sim::SimNetwork(machine, "lan"), 100);
    Lab lab(server_host, client_host, wire, random);
    const auto all = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(server_host.run());
      tasks.spawn(client_host.run());
      tasks.spawn(squatter.run());
      tasks.spawn(serve(server_host, lab.server));
      co_await sleep(1ms);
      co_await body(lab);
      tasks.cancel_tasks();
    };
    co_await scope(all);
  });
  world.run();
}

using Type = dhcp::MessageType;

}  // namespace

TEST_CASE("a machine gets its address, router, mtu and name servers by DHCP") {
  in_lab(false, [](Lab& lab) -> Task<void> {
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(lab.client.run());
      const dhcp::Lease lease = co_await lab.client.bound();
      CHECK(lease.address == Prefix::parse("192.0.2.100/24"));
      REQUIRE(lease.name_servers.all().size() == 1);
      CHECK(lease.name_servers.all()[0] == IpAddress::parse("192.0.2.53"));
      CHECK(lab.host.ip().addresses() == std::vector{Prefix::parse("192.0.2.100/24")});
      CHECK(lab.host.ip().interface(lab.wire).mtu() == 1400);
      // By the router, from the new address.
      std::errc error{};
      RouteQuery query;
      query.destination = IpAddress::parse("203.0.113.9");
      const Route route = lab.host.ip().route(query, error);
      CHECK(error == std::errc{});
      CHECK(route.next_hop == server_address);
      CHECK(route.source == IpAddress::parse("192.0.2.100"));
      CHECK(lab.server.seen == std::vector{Type::discover, Type::request});
      tasks.cancel_tasks();
    };
    co_await scope(body);
    // What was stopped has given the address back.
    co_await sleep(10ms);
    CHECK(lab.server.seen.back() == Type::release);
    CHECK(lab.host.ip().addresses().empty());
    CHECK(lab.host.ip().routes().entries().empty());
    CHECK(lab.client.lease() == nullptr);
  });
}

TEST_CASE("an address that another machine has is declined, and the next one used") {
  in_lab(true, [](Lab& lab) -> Task<void> {
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(lab.client.run());
      const dhcp::Lease lease = co_await lab.client.bound();
      CHECK(lease.address == Prefix::parse("192.0.2.101/24"));
      CHECK(lab.server.declined == std::vector{IpAddress::parse("192.0.2.100")});
      CHECK(lab.host.ip().addresses() == std::vector{Prefix::parse("192.0.2.101/24")});
      tasks.cancel_tasks();
    };
    co_await scope(body);
  });
}

TEST_CASE("a lease is renewed by itself, and its address kept for hours") {
  in_lab(false, [](Lab& lab) -> Task<void> {
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(lab.client.run());
      co_await lab.client.bound();
      for (int i = 0; i < 60; ++i) {
        co_await sleep(1min);
        CHECK(lab.host.ip().addresses().size() == 1);
      }
      // Each 300 s.
      const auto requests = std::ranges::count(lab.server.seen, Type::request);
      CHECK(requests >= 12);
      CHECK(requests <= 14);
      CHECK(std::ranges::count(lab.server.seen, Type::discover) == 1);
      tasks.cancel_tasks();
    };
    co_await scope(body);
  });
}

TEST_CASE("an address whose server is gone is used until its lease ends, and no longer") {
  in_lab(false, [](Lab& lab) -> Task<void> {
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(lab.client.run());
      const dhcp::Lease lease = co_await lab.client.bound();
      lab.server.is_silent = true;
      co_await sleep_until(lease.end - 1s);
      CHECK(lab.host.ip().addresses().size() == 1);
      co_await sleep(2s);
      CHECK(lab.host.ip().addresses().empty());
      CHECK(lab.client.lease() == nullptr);
      lab.server.is_silent = false;
      const dhcp::Lease again = co_await lab.client.bound();
      CHECK(again.address == lease.address);
      tasks.cancel_tasks();
    };
    co_await scope(body);
  });
}

TEST_CASE("a machine without a DHCP server waits for one, and is stopped at once") {
  in_lab(false, [](Lab& lab) -> Task<void> {
    lab.server.is_silent = true;
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(lab.client.run());
      const auto lease = co_await try_timeout(lab.client.bound(), 10min);
      CHECK_FALSE(lease);
      CHECK(lab.server.seen.size() >= 10);
      tasks.cancel_tasks();
    };
    co_await scope(body);
    CHECK(lab.host.ip().addresses().empty());
  });
}
