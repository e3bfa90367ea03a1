// Routers and the addresses that a machine makes itself by what they say (RFC 4861 section 6.3, RFC
// 4862 section 5, RFC 7217, RFC 8106), on a link whose router is the test.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sundog/io/net/ipv6/opaque_identifier.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/datagram.hpp"
#include "tests/net/ipv6/raw_peer6.hpp"
#include "tests/net/made_up_ticks.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using namespace sundog::net::wire;
using net::AddressState;
using net::InterfaceAddress;
using test::icmp6_packet;
using test::joined;
using test::next6;
using test::next_icmp6;
using test::Packet;
using test::prefix_option;
using test::RawPeer;
using test::router6;
using test::router_advertisement_of;
using test::Seen;
using test::send6;
using test::with_peer6;

namespace {

constexpr Prefix network = Prefix::parse("2001:db8:1::/64");
constexpr IpAddress second_router = IpAddress::parse("fe80::2");
constexpr IpAddress far_away = IpAddress::parse("2001:db8:ffff::1");

net::Ipv6Settings by_itself() { return net::Ipv6Settings(); }

RouterAdvertisement router_for(std::uint16_t lifetime_s) {
  RouterAdvertisement advertisement;
  advertisement.hop_limit = 64;
  advertisement.lifetime_s = lifetime_s;
  return advertisement;
}

PrefixInformation information(std::uint32_t valid_s, std::uint32_t preferred_s,
                              const Prefix& prefix = network) {
  return {prefix, true, true, valid_s, preferred_s};
}

// An advertisement, which also says where the router is.
Task<void> advertise(RawPeer& peer, RouterAdvertisement message, Packet options = {},
                     IpAddress router = router6) {
  const Packet mac = test::mac_option(DiscoveryOptionType::source_mac, peer.mac());
  co_await send6(peer, icmp6_packet(router, all_nodes_group,
                                    router_advertisement_of(message, joined({mac, options}))));
  co_await sleep(1ms);
}

const InterfaceAddress* address_in(net::DirectHost& machine, const Prefix& prefix) {
  for (const InterfaceAddress& one : machine.ip().interface(1).addresses()) {
    if (prefix.contains(one.prefix.address())) return &one;
  }
  return nullptr;
}

std::size_t count_in(net::DirectHost& machine, const Prefix& prefix) {
  return static_cast<std::size_t>(std::ranges::count_if(
      machine.ip().interface(1).addresses(),
      [&](const InterfaceAddress& one) { return prefix.contains(one.prefix.address()); }));
}

std::optional<IpAddress> next_hop(net::DirectHost& machine, const IpAddress& destination) {
  std::errc error{};
  const net::Route route = machine.ip().route({.destination = destination}, error);
  return error == std::errc{} ? std::optional(route.next_hop) : std::nullopt;
}

constexpr Prefix link_local = Prefix::parse("fe80::/64");

// Somebody has an address of the network, perhaps?
bool is_probe_of_network(const Seen& seen) {
  return seen.is_icmp6() && seen.type() == Icmp6Type::neighbour_solicitation &&
         network.contains(parse_neighbour_solicitation(seen.payload)->target);
}

}  // namespace

TEST_CASE("a machine makes itself a link-local address, and uses it when nobody has it (5.3)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        const auto probe = co_await next_icmp6(peer, Icmp6Type::neighbour_solicitation, 3s);
        REQUIRE(probe);
        const IpAddress made = parse_neighbour_solicitation(probe->payload)->target;
        CHECK(link_local.contains(made));
        CHECK(address_in(machine, link_local)->state == AddressState::tentative);
        co_await sleep(1100ms);
        CHECK(address_in(machine, link_local)->state == AddressState::preferred);
        // Its last 64 bits say nothing of the device.
        CHECK(made == net::opaque_address(link_local, peer.machine_mac, 0,
                                          *machine.ip().ipv6(1).settings().secret));
      },
      [] {
        net::Ipv6Settings settings;
        settings.secret.emplace().fill(std::byte{7});
        return settings;
      }(),
      false);
}

TEST_CASE("routers are asked for until one has answered (6.3.7, RFC 7559)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        std::vector<TimePoint> asked;
        for (int i = 0; i < 5; ++i) {
          const auto question = co_await next_icmp6(peer, Icmp6Type::router_solicitation, 10min);
          REQUIRE(question);
          CHECK(question->header.destination == all_routers_group);
          CHECK(question->header.hop_limit == 255);
          asked.push_back(now());
        }
        for (std::size_t i = 1; i < asked.size(); ++i) {
          CHECK(asked[i] - asked[i - 1] >= 4s * (1 << (i - 1)) - 100ms);
        }
        co_await advertise(peer, router_for(200));
        CHECK(machine.ip().ipv6(1).routers().router_count() == 1);
        const auto more = co_await next_icmp6(peer, Icmp6Type::router_solicitation, 10min);
        CHECK_FALSE(more);
        CHECK(machine.ip().ipv6(1).routers().router_count() == 0);  // its time is over
      },
      by_itself(), false);
}

TEST_CASE("an address is made of what a router advertises, and used (RFC 4862 5.5.3 d)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        co_await next_icmp6(peer, Icmp6Type::router_solicitation, 3s);
        co_await advertise(peer, router_for(1800), prefix_option(information(7200, 3600)));
        const Prefix ready = co_await machine.ip().ready_address(1, IpAddress::Family::v6);
        CHECK(network.contains(ready.address()));
        CHECK(ready.length_bits() == 64);
        CHECK(next_hop(machine, far_away) == router6);
        CHECK(next_hop(machine, IpAddress::parse("2001:db8:1::77")) ==
              IpAddress::parse("2001:db8:1::77"));
        std::errc error{};
        CHECK(machine.ip().route({.destination = far_away}, error).source == ready.address());
        CHECK(machine.ip().route({.destination = router6}, error).source.is_link_local());
        // Its device is known from the advertisement: nobody is asked.
        auto socket = net::DirectStack(machine).datagrams(Endpoint(ready.address(), 0));
        co_await socket.send(as_bytes("out"), Endpoint(far_away, 9));
        const auto datagram =
            co_await next6(peer, [](const Seen& seen) { return seen.chain.protocol == 17; });
        REQUIRE(datagram);
        CHECK(datagram->target == peer.mac());
        CHECK(datagram->header.destination == far_away);
      },
      by_itself(), false);
}

TEST_CASE("advertisements that RFC 4861 section 6.1.2 calls wrong change nothing") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        const Packet right =
            router_advertisement_of(router_for(1800), prefix_option(information(7200, 3600)));
        co_await send6(peer, icmp6_packet(router6, all_nodes_group, right, 64));
        co_await send6(peer, icmp6_packet(test::peer6, all_nodes_group, right));
        Packet wrong = right;
        wrong[1] = std::byte{1};
        co_await send6(peer, icmp6_packet(router6, all_nodes_group, wrong));
        wrong = right;
        wrong[17] = std::byte{0};
        co_await send6(peer, icmp6_packet(router6, all_nodes_group, wrong));
        wrong[17] = std::byte{200};
        co_await send6(peer, icmp6_packet(router6, all_nodes_group, wrong));
        wrong.resize(15);
        co_await send6(peer, icmp6_packet(router6, all_nodes_group, wrong));
        co_await sleep(10ms);
        CHECK(machine.ip().ipv6(1).wrong_messages() == 6);
        CHECK(machine.ip().ipv6(1).routers().router_count() == 0);
        CHECK(address_in(machine, network) == nullptr);
      },
      by_itself(), false);
}

TEST_CASE("no address is made of a network that is not for that (RFC 4862 5.5.3 a to c)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        PrefixInformation not_for_it = information(7200, 3600);
        not_for_it.autonomous = false;
        co_await advertise(peer, router_for(0), prefix_option(not_for_it));
        co_await advertise(peer, router_for(0), prefix_option(information(3600, 7200)));
        co_await advertise(peer, router_for(0), prefix_option(information(0, 0)));
        for (const char* other : {"fe80::/64", "ff02::/64", "2001:db8:1::/56", "2001:db8:1::/65"}) {
          co_await advertise(peer, router_for(0),
                             prefix_option(information(7200, 3600, Prefix::parse(other))));
        }
        CHECK(address_in(machine, Prefix::parse("2001:db8::/32")) == nullptr);
        CHECK(count_in(machine, link_local) == 1);
        CHECK(machine.ip().ipv6(1).routers().router_count() == 0);
      },
      by_itself(), false);
}

TEST_CASE("a machine that is not to make itself addresses takes routes all the same") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        co_await advertise(peer, router_for(1800), prefix_option(information(7200, 3600)));
        CHECK(address_in(machine, network) == nullptr);
        CHECK(machine.ip().ipv6(1).routers().router_count() == 1);
        CHECK(machine.ip().ipv6(1).routers().on_link_count() == 1);
      },
      [] {
        net::Ipv6Settings settings;
        settings.autoconfigure = false;
        return settings;
      }(),
      false);
}

TEST_CASE("a machine that is not to look for routers does not listen to them") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    const auto question = co_await next_icmp6(peer, Icmp6Type::router_solicitation, 1min);
    CHECK_FALSE(question);
    co_await advertise(peer, router_for(1800), prefix_option(information(7200, 3600)));
    CHECK(machine.ip().ipv6(1).routers().router_count() == 0);
    CHECK(machine.ip().addresses().size() == 1);
  });
}

TEST_CASE("an address is deprecated, then gone, and is kept when a router says so (5.5.4)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        co_await advertise(peer, router_for(0), prefix_option(information(1000, 100)));
        co_await machine.ip().ready_address(1, IpAddress::Family::v6);
        const IpAddress made = address_in(machine, network)->prefix.address();
        CHECK(address_in(machine, network)->state == AddressState::preferred);
        co_await sleep(101s);
        CHECK(address_in(machine, network)->state == AddressState::deprecated);
        CHECK(machine.ip().is_own(made));
        co_await advertise(peer, router_for(0), prefix_option(information(1000, 500)));
        CHECK(address_in(machine, network)->state == AddressState::preferred);
        CHECK(address_in(machine, network)->prefix.address() == made);
        co_await sleep(999s);
        CHECK(address_in(machine, network)->state == AddressState::deprecated);
        co_await sleep(2s);
        CHECK(address_in(machine, network) == nullptr);
        CHECK_FALSE(machine.ip().is_own(made));
        CHECK(machine.ip().ipv6(1).routers().on_link_count() == 0);
      },
      by_itself(), false);
}

TEST_CASE("an advertisement hardly makes an address's life shorter: two hours (5.5.3 e)") {
  run([]() -> Task<void> {
    test::MadeUpTicks ticks;
    test::SeededRandom random;
    net::IpLayer ip(random, ticks);
    auto ends = network_cable();
    ip.add_interface("wire", std::make_unique<net::LinkOver<CableEnd>>(std::move(ends.second)));
    net::Autoconfiguration& addresses = ip.ipv6(1).autoconfiguration();
    const auto state = [&] {
      const auto& all = ip.interface(1).addresses();
      return all.empty() ? std::nullopt : std::optional(all.front().state);
    };
    addresses.advertised(information(86'400, 86'400), ticks.now());
    ticks.pass(3s);
    CHECK(state() == AddressState::preferred);
    // Two hours are left of a day.
    addresses.advertised(information(60, 60), ticks.now());
    ticks.pass(1h);
    CHECK(state() == AddressState::deprecated);
    // With one hour left, another minute changes nothing.
    addresses.advertised(information(60, 60), ticks.now());
    ticks.pass(59min);
    CHECK(state() == AddressState::deprecated);
    // But more than what is left is taken.
    addresses.advertised(information(600, 600), ticks.now());
    ticks.pass(2min);
    CHECK(state() == AddressState::preferred);
    // And zero ends what is preferred, not what is valid.
    addresses.advertised(information(0, 0), ticks.now());
    CHECK(state() == AddressState::deprecated);
    ticks.pass(7min);
    CHECK(state() == AddressState::deprecated);
    ticks.pass(2min);
    CHECK_FALSE(state());
    co_return;
  }());
}

TEST_CASE("a deprecated address is no source where there is another (RFC 6724 rule 3)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        const Prefix other = Prefix::parse("2001:db8:2::/64");
        co_await advertise(peer, router_for(1800),
                           joined({prefix_option(information(7200, 10)),
                                   prefix_option(information(7200, 7200, other))}));
        co_await sleep(20s);
        std::errc error{};
        CHECK(other.contains(machine.ip().route({.destination = far_away}, error).source));
        CHECK(other.contains(
            machine.ip().route({.destination = IpAddress::parse("2001:db8:1::9")}, error).source));
      },
      by_itself(), false);
}

TEST_CASE("when another machine has an address, another one is made, four in all (RFC 7217 6)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        co_await advertise(peer, router_for(0), prefix_option(information(7200, 7200)));
        std::vector<IpAddress> tried;
        for (int i = 0; i < 4; ++i) {
          const auto probe = co_await next6(peer, is_probe_of_network, 3s);
          REQUIRE(probe);
          const IpAddress target = parse_neighbour_solicitation(probe->payload)->target;
          CHECK(std::ranges::count(tried, target) == 0);
          tried.push_back(target);
          NeighbourAdvertisement answer;
          answer.target = target;
          co_await send6(peer,
                         icmp6_packet(target, all_nodes_group, test::advertisement_of(answer)));
        }
        const auto more = co_await next6(peer, is_probe_of_network, 10s);
        CHECK_FALSE(more);
        CHECK(address_in(machine, network) == nullptr);
        CHECK(machine.ip().ipv6(1).discovery().statistics().duplicates == 4);
      },
      by_itself(), false);
}

TEST_CASE("a default router is used for as long as it says, and no longer (6.3.4)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        co_await advertise(peer, router_for(100), prefix_option(information(7200, 7200)));
        co_await sleep(5s);
        CHECK(next_hop(machine, far_away) == router6);
        co_await sleep(96s);
        CHECK_FALSE(next_hop(machine, far_away));
        co_await advertise(peer, router_for(100));
        CHECK(next_hop(machine, far_away) == router6);
        const std::uint32_t generation = machine.ip().generation();
        co_await advertise(peer, router_for(0));
        CHECK_FALSE(next_hop(machine, far_away));
        CHECK(machine.ip().generation() != generation);
      },
      by_itself(), false);
}

TEST_CASE("of two routers the preferred one is used, unless it does not answer (6.3.6, RFC 4191)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        co_await advertise(peer, router_for(9000), prefix_option(information(7200, 7200)));
        RouterAdvertisement high = router_for(9000);
        high.preference = RouterAdvertisement::Preference::high;
        co_await advertise(peer, high, {}, second_router);
        co_await sleep(5s);
        CHECK(next_hop(machine, far_away) == second_router);
        auto socket = net::DirectStack(machine).datagrams(Endpoint::any(0));
        co_await socket.send(as_bytes("out"), Endpoint(far_away, 9));
        // It is asked for after a while, and is silent.
        co_await sleep(10s);
        CHECK(next_hop(machine, far_away) == router6);
        // When it is heard of again it is the one.
        co_await advertise(peer, high, {}, second_router);
        CHECK(next_hop(machine, far_away) == second_router);
        // A router that says it is none is none (7.2.5).
        NeighbourAdvertisement none;
        none.target = second_router;
        none.replaces = true;
        const Packet mac = test::mac_option(DiscoveryOptionType::target_mac, peer.mac());
        co_await send6(
            peer, icmp6_packet(second_router, all_nodes_group, test::advertisement_of(none, mac)));
        co_await sleep(1ms);
        CHECK(next_hop(machine, far_away) == router6);
      },
      by_itself(), false);
}

TEST_CASE("what routers advise is followed within limits: hops, mtu, times (6.3.4)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        const auto mtu_option = [](std::uint32_t mtu) {
          Packet option(8);
          write_mtu_option(option, mtu);
          return option;
        };
        RouterAdvertisement message = router_for(9000);
        message.hop_limit = 40;
        const Packet mtu_1400 = mtu_option(1400);
        co_await advertise(peer, message,
                           joined({prefix_option(information(7200, 7200)), mtu_1400}));
        co_await sleep(5s);
        std::errc error{};
        net::Route route = machine.ip().route({.destination = far_away}, error);
        CHECK(route.mtu == 1400);
        CHECK(route.hop_limit == 40);
        CHECK(machine.ip().interface(1).mtu() == 1500);
        // Too small, too large, and a hop limit that would cut the machine off.
        for (const std::uint32_t mtu : {0U, 1279U, 1501U, 0xffffffffU}) {
          message.hop_limit = 1;
          co_await advertise(peer, message, mtu_option(mtu));
          route = machine.ip().route({.destination = far_away}, error);
          CHECK(route.mtu == 1400);
          CHECK(route.hop_limit == 40);
        }
        auto socket = net::DirectStack(machine).datagrams(Endpoint::any(0));
        co_await socket.send(as_bytes("out"), Endpoint(far_away, 9));
        const auto datagram =
            co_await next6(peer, [](const Seen& seen) { return seen.chain.protocol == 17; });
        REQUIRE(datagram);
        CHECK(datagram->header.hop_limit == 40);
        // Questions a tenth of a second apart, and no faster whatever is said.
        message.retransmit_ms = 1;
        co_await advertise(peer, message);
        co_await socket.send(as_bytes("nobody"), Endpoint::parse("[2001:db8:1::77]:9"));
        std::vector<TimePoint> asked;
        for (int i = 0; i < 3; ++i) {
          const auto question = co_await next_icmp6(peer, Icmp6Type::neighbour_solicitation, 5s);
          REQUIRE(question);
          asked.push_back(now());
        }
        CHECK(asked[2] - asked[0] >= 190ms);
        CHECK(asked[2] - asked[0] < 500ms);
      },
      by_itself(), false);
}

TEST_CASE("name servers are handed on, for as long as routers say (RFC 8106)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        const std::vector<IpAddress> servers = {IpAddress::parse("2001:db8::53"),
                                                IpAddress::parse("fe80::53")};
        const auto option = [&](std::uint32_t lifetime_s) {
          Packet bytes(8 + 32);
          write_name_servers(bytes, lifetime_s, servers);
          return bytes;
        };
        co_await advertise(peer, router_for(0), option(100));
        CHECK(machine.ip().name_servers() ==
              std::vector{servers[0], IpAddress::parse("fe80::53%1")});
        co_await sleep(101s);
        CHECK(machine.ip().name_servers().empty());
        co_await advertise(peer, router_for(0), option(100));
        co_await advertise(peer, router_for(0), option(0));
        CHECK(machine.ip().name_servers().empty());
      },
      by_itself(), false);
}

TEST_CASE("a flood of advertisements leaves no more than the limits, and what came first stays") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        co_await advertise(peer, router_for(9000), prefix_option(information(7200, 7200)));
        for (unsigned i = 0; i < 500; ++i) {
          const auto high = static_cast<std::uint8_t>(i >> 8);
          const auto low = static_cast<std::uint8_t>(i);
          const Prefix other(IpAddress::v6({0x20, 1, 0xd, 0xb8, 9, 9, high, low}), 64);
          const IpAddress router =
              IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, high, low});
          const std::vector<IpAddress> server = {other.address()};
          Packet servers(8 + 16);
          write_name_servers(servers, 1000, server);
          const RouterAdvertisement message = router_for(i % 3 == 0 ? 0 : 9000);
          co_await advertise(peer, message,
                             joined({prefix_option(information(7200, 7200, other)), servers}),
                             router);
        }
        const auto& routers = machine.ip().ipv6(1).routers();
        CHECK(routers.router_count() == net::limits::default_routers);
        CHECK(routers.on_link_count() == net::limits::on_link_prefixes);
        CHECK(routers.name_servers().size() == net::limits::advertised_name_servers);
        CHECK(count_in(machine, Prefix::parse("2001:db8::/32")) ==
              net::limits::autoconfigured_addresses);
        CHECK(machine.ip().routes().entries().size() ==
              net::limits::default_routers + net::limits::on_link_prefixes);
        CHECK(address_in(machine, network) != nullptr);
        CHECK(machine.ip().ipv6(1).discovery().neighbours().size() <= net::limits::neighbours);
      },
      by_itself(), false);
}

TEST_CASE("when the link comes up again, addresses are asked for anew, and so are routers") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        co_await advertise(peer, router_for(9000), prefix_option(information(7200, 7200)));
        const Prefix made = co_await machine.ip().ready_address(1, IpAddress::Family::v6);
        auto& link = static_cast<net::LinkOver<sim::SimNetwork>&>(machine.ip().interface(1).link());
        link.network().set_link(false);
        co_await sleep(1s);
        link.network().set_link(true);
        co_await sleep(1ms);
        CHECK_FALSE(machine.ip().is_own(made.address()));
        CHECK(machine.ip().addresses().empty());
        const auto question = co_await next_icmp6(peer, Icmp6Type::router_solicitation, 2s);
        CHECK(question);
        const Prefix again = co_await machine.ip().ready_address(1, IpAddress::Family::v6);
        CHECK(again == made);
      },
      by_itself(), false);
}

TEST_CASE("an opaque identifier depends on network, device, attempt and secret (RFC 7217 5)") {
  net::Ipv6Settings::Secret secret{};
  const MacAddress mac({2, 0, 0, 0, 0, 1});
  const IpAddress address = net::opaque_address(network, mac, 0, secret);
  CHECK(network.contains(address));
  CHECK(net::opaque_address(network, mac, 0, secret) == address);
  const auto host_of = [](const IpAddress& one) {
    return std::vector<std::uint8_t>(one.bytes().begin() + 8, one.bytes().end());
  };
  const Prefix other_network = Prefix::parse("2001:db8:2::/64");
  CHECK(host_of(net::opaque_address(other_network, mac, 0, secret)) != host_of(address));
  CHECK(net::opaque_address(network, MacAddress({2, 0, 0, 0, 0, 2}), 0, secret) != address);
  CHECK(net::opaque_address(network, mac, 1, secret) != address);
  secret[31] = std::byte{1};
  CHECK(net::opaque_address(network, mac, 0, secret) != address);
}
