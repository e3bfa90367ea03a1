// Sundog's IPv6 on a TAP device, opposite the host's own, in a network namespace of the test's.
#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/net/direct_stack.hpp"
#include "sundog/io/unix/stack.hpp"
#include "sundog/io/unix/tap.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/net/direct_worlds.hpp"
#include "tests/net/own_network.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::expect;
using test::succeeds;
using test::talks_with_the_host;

namespace {

// ping -6, which not every machine has: ADDRESS SIZE, succeeds if the echo comes back whole.
constexpr const char* ping = R"(
import os, socket, struct, sys
address, size = sys.argv[1], int(sys.argv[2])
payload = os.urandom(size)
raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
raw.settimeout(5)
raw.sendto(struct.pack('!BBHHH', 128, 0, 0, 0x1234, 1) + payload, (address, 0))
while True:
    reply = raw.recv(70000)
    if reply[0] == 129 and reply[4:8] == bytes([0x12, 0x34, 0, 1]):
        sys.exit(0 if reply[8:] == payload else 1)
)";

// A router's advertisement, from tap0: a network for addresses, an mtu, a name server.
constexpr const char* advertise = R"(
import socket, struct
raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
index = socket.if_nametoindex('tap0')
address = lambda text: socket.inet_pton(socket.AF_INET6, text)
message = struct.pack('!BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0)
message += struct.pack('!BBBBIII', 3, 4, 64, 0xc0, 7200, 3600, 0) + address('2001:db8:5::')
message += struct.pack('!BBHI', 5, 1, 0, 1400)
message += struct.pack('!BBHI', 25, 3, 0, 600) + address('2001:db8::53')
raw.sendto(message, ('ff02::1', 0, 0, index))
)";

bool shell(const char* command) { return std::system(command) == 0; }

// What the host makes itself is ready.
Task<bool> host_is_ready() {
  for (int i = 0; i < 50; ++i) {
    if (shell("ip -6 addr show dev tap0 scope link -tentative | grep -q fe80")) co_return true;
    co_await sleep(100ms);
  }
  co_return false;
}

Task<void> exchange_messages(net::DirectHost& machine) {
  for (const std::size_t size : {1U, 1000U, 1352U}) {
    const auto talked =
        co_await try_timeout(talks_with_the_host(machine, IpAddress::parse("2001:db8::1"),
                                                 IpAddress::parse("2001:db8::254"), size),
                             5s);
    expect(talked && *talked, "messages of " + std::to_string(size) + " bytes arrive");
  }
  for (const char* size : {"0", "56", "1352", "1452", "1453", "60000"}) {
    const bool answered = co_await succeeds({"python3", "-c", ping, "2001:db8::1", size});
    expect(answered, "an echo of " + std::string(size) + " bytes comes back");
  }
  // Nobody is behind this port: the host hears of it.
  auto theirs = HostStack().datagrams(Endpoint::parse("[2001:db8::254]:0"));
  co_await theirs.send(as_bytes("nobody"), Endpoint::parse("[2001:db8::1]:9"));
  co_await sleep(100ms);
  const net::IpStatistics& statistics = machine.ip().statistics6();
  expect(machine.ip().icmp6_statistics().errors_sent == 1, "an unused port is unreachable");
  expect(statistics.wrong_checksums + statistics.wrong_headers == 0, "all packets are right");
}

// Each wants an address that the other has.
Task<void> have_conflicts(net::DirectHost& machine) {
  const IpAddress theirs = IpAddress::parse("2001:db8::254");
  machine.ip().set_address(1, Prefix(theirs, 64));
  co_await sleep(2500ms);
  const auto* const found = machine.ip().interface(1).find(theirs);
  expect(found != nullptr && found->state == net::AddressState::duplicate,
         "an address that the host has is not used");
  machine.ip().remove_address(1, theirs);
  expect(shell("ip -6 addr add 2001:db8::1/64 dev tap0"), "the host wants this machine's address");
  co_await sleep(2500ms);
  expect(shell("ip -6 addr show dev tap0 dadfailed | grep -q 2001:db8::1/"),
         "the host does not use this machine's address");
  expect(shell("ip -6 addr del 2001:db8::1/64 dev tap0"), "the host gives the address up");
}

// The host is a router, and advertises; then one to a link with a small mtu.
Task<void> use_the_host_as_router(net::DirectHost& machine) {
  const bool advertised = co_await succeeds({"python3", "-c", advertise});
  expect(advertised, "the host advertises");
  for (int i = 0; i < 50 && machine.ip().addresses().size() < 2; ++i) co_await sleep(100ms);
  expect(machine.ip().addresses().size() == 2, "the machine makes itself an address");
  expect(Prefix::parse("2001:db8:5::/64").contains(machine.ip().addresses().back().address()),
         "it is of the network that was advertised");
  expect(machine.ip().name_servers() == std::vector{IpAddress::parse("2001:db8::53")},
         "the name server is known");
  const TapNetwork far = TapNetwork::open("far", MacAddress({2, 0, 0, 0, 0, 9}));
  expect(shell("ip link set far mtu 1300 up && ip -6 addr add 2001:db8:9::1/64 dev far nodad && "
               "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"),
         "the host is a router to another link");
  const net::RouteQuery query{.destination = IpAddress::parse("2001:db8:9::7")};
  std::errc error{};
  expect(machine.ip().route(query, error).mtu == 1400, "the mtu is the one that was advertised");
  auto ours = net::DirectStack(machine).datagrams(Endpoint::parse("[2001:db8::1]:0"));
  const std::string message(1340, 'x');
  for (int i = 0; i < 50 && machine.ip().route(query, error).mtu != 1300; ++i) {
    try {
      co_await ours.send(as_bytes(message), Endpoint(query.destination, 9));
    } catch (const std::system_error&) {
      // It has been told by now.
    }
    co_await sleep(100ms);
  }
  expect(machine.ip().route(query, error).mtu == 1300, "the host's word on the path is believed");
}

Task<void> share_the_network() {
  TapNetwork tap = TapNetwork::open("tap0", test::machine_tap_mac);
  expect(shell("ip -6 addr add 2001:db8::254/64 dev tap0 nodad && ip link set tap0 up"),
         "the host's side has an address");
  test::SeededRandom random;
  net::DirectHost machine(random);
  const net::InterfaceId id = machine.add_device("wire", std::move(tap));
  const auto body = [&]() -> Task<void> {
    machine.ip().set_address(id, Prefix::parse("2001:db8::1/64"));
    const bool ready = co_await host_is_ready();
    expect(ready, "the host has a link-local address");
    co_await machine.ip().ready_address(id, IpAddress::Family::v6);
    co_await exchange_messages(machine);
    co_await have_conflicts(machine);
    co_await use_the_host_as_router(machine);
  };
  co_await test::run_beside(body(), machine);
}

}  // namespace

TEST_CASE("the host pings Sundog over IPv6, talks with it, routes for it, and shares its network") {
  test::in_own_network(share_the_network);
}
