// Neighbours on an IPv6 link whose other machine does what the test says (RFC 4861 section 7), and
// addresses that others have too (RFC 4862 section 5.4).
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/datagram.hpp"
#include "tests/net/ipv6/raw_peer6.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using namespace sundog::net::wire;
using net::NeighbourCache;
using test::advertisement_of;
using test::icmp6_packet;
using test::introduce;
using test::mac_option;
using test::machine6;
using test::next6;
using test::next_icmp6;
using test::Packet;
using test::peer6;
using test::RawPeer;
using test::Seen;
using test::send6;
using test::solicitation_of;
using test::with_peer6;
using State = NeighbourCache::State;

namespace {

constexpr IpAddress machine_group = IpAddress::parse("ff02::1:ff00:1");
const MacAddress other_mac({2, 0, 0, 0, 0, 0x99});

NeighbourCache& neighbours_of(net::DirectHost& machine) {
  return machine.ip().ipv6(1).discovery().neighbours();
}

Packet source_option(MacAddress mac) { return mac_option(DiscoveryOptionType::source_mac, mac); }
Packet target_option(MacAddress mac) { return mac_option(DiscoveryOptionType::target_mac, mac); }

// An advertisement of the peer, about itself.
Packet advertised(const NeighbourAdvertisement& flags, Bytes options,
                  const IpAddress& destination = machine6) {
  NeighbourAdvertisement advertisement = flags;
  if (advertisement.target.is_any()) advertisement.target = peer6;
  return icmp6_packet(advertisement.target, destination, advertisement_of(advertisement, options));
}

Task<void> send_datagram(net::DirectDatagrams& socket, const IpAddress& to) {
  co_await socket.send(as_bytes("hello"), Endpoint(to, 9));
}

net::Ipv6Settings one_probe() {
  net::Ipv6Settings settings;
  settings.enabled = false;
  return settings;
}

Task<std::optional<Seen>> next_probe(RawPeer& peer, Duration within = 3s) {
  return next6(
      peer,
      [](const Seen& seen) {
        return seen.is_icmp6() && seen.type() == Icmp6Type::neighbour_solicitation &&
               seen.header.source.is_any();
      },
      within);
}

}  // namespace

TEST_CASE("who asks for this machine's address is answered, alone, and then known (7.2.3, 7.2.4)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await send6(peer, icmp6_packet(peer6, machine_group,
                                      solicitation_of(machine6, source_option(peer.mac()))));
    const auto answer = co_await next_icmp6(peer, Icmp6Type::neighbour_advertisement);
    REQUIRE(answer);
    CHECK(answer->header.source == machine6);
    CHECK(answer->header.destination == peer6);
    CHECK(answer->header.hop_limit == 255);
    CHECK(answer->target == peer.mac());
    const auto message = parse_neighbour_advertisement(answer->payload);
    REQUIRE(message);
    CHECK(message->target == machine6);
    CHECK(message->solicited);
    CHECK(message->replaces);
    CHECK_FALSE(message->is_router);
    CHECK(find_mac(message->options, DiscoveryOptionType::target_mac) == peer.machine_mac);
    CHECK(neighbours_of(machine).state(peer6) == State::stale);
    CHECK(neighbours_of(machine).find(peer6) == peer.mac());
  });
}

TEST_CASE("a question without the asker's device is answered when that is found out (7.2.4)") {
  with_peer6([](net::DirectHost&, RawPeer& peer) -> Task<void> {
    co_await send6(peer, icmp6_packet(peer6, machine6, solicitation_of(machine6)));
    const auto question = co_await next_icmp6(peer, Icmp6Type::neighbour_solicitation);
    REQUIRE(question);
    CHECK(question->header.destination == solicited_node_group(peer6));
    NeighbourAdvertisement flags;
    flags.solicited = true;
    co_await send6(peer, advertised(flags, target_option(peer.mac())));
    const auto answer = co_await next_icmp6(peer, Icmp6Type::neighbour_advertisement);
    REQUIRE(answer);
    CHECK(answer->target == peer.mac());
  });
}

TEST_CASE("questions that RFC 4861 section 7.1.1 calls wrong are not answered, and teach nothing") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    const Packet right = solicitation_of(machine6, source_option(peer.mac()));
    // It has passed a router.
    co_await send6(peer, icmp6_packet(peer6, machine_group, right, 254));
    Packet wrong = right;
    wrong[1] = std::byte{1};  // a code
    co_await send6(peer, icmp6_packet(peer6, machine_group, wrong));
    wrong = right;
    wrong[25] = std::byte{0};  // an option without a length
    co_await send6(peer, icmp6_packet(peer6, machine_group, wrong));
    wrong[25] = std::byte{2};  // one that leads outside
    co_await send6(peer, icmp6_packet(peer6, machine_group, wrong));
    co_await send6(peer,
                   icmp6_packet(peer6, machine_group, Packet(right.begin(), right.end() - 10)));
    co_await send6(peer, icmp6_packet(peer6, machine_group, solicitation_of(all_nodes_group)));
    // From nobody: with a device's address, or to one machine.
    co_await send6(peer, icmp6_packet(IpAddress::any_v6(), machine_group, right));
    co_await send6(peer,
                   icmp6_packet(IpAddress::any_v6(), all_nodes_group, solicitation_of(machine6)));
    // A wrong checksum.
    Packet damaged = icmp6_packet(peer6, machine_group, right);
    damaged.back() ^= std::byte{1};
    co_await send6(peer, damaged);
    const auto answer = co_await next_icmp6(peer, Icmp6Type::neighbour_advertisement);
    CHECK_FALSE(answer);
    CHECK(neighbours_of(machine).size() == 0);
    CHECK(machine.ip().ipv6(1).wrong_messages() == 5);
    CHECK(machine.ip().statistics6().wrong_checksums == 1);
  });
}

TEST_CASE("a question for another's address is not answered") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    // In the same group.
    const IpAddress other = IpAddress::parse("2001:db8::5:0:1");
    co_await send6(peer, icmp6_packet(peer6, machine_group,
                                      solicitation_of(other, source_option(peer.mac()))));
    const auto answer = co_await next_icmp6(peer, Icmp6Type::neighbour_advertisement);
    CHECK_FALSE(answer);
    CHECK(neighbours_of(machine).size() == 0);
  });
}

TEST_CASE("discovery's messages in fragments are not taken (RFC 6980)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    const Packet whole =
        icmp6_packet(peer6, machine_group, solicitation_of(machine6, source_option(peer.mac())));
    Packet fragment(8);
    write_fragment_header(fragment, {58, 0, false, 7});
    fragment.insert(fragment.end(), whole.begin() + 40, whole.end());
    Ipv6Header header = *parse_quoted_ipv6(whole);
    header.next_header = 44;
    co_await send6(peer, test::ipv6_packet(header, fragment));
    const auto answer = co_await next_icmp6(peer, Icmp6Type::neighbour_advertisement);
    CHECK_FALSE(answer);
    CHECK(machine.ip().ipv6(1).wrong_messages() == 1);
  });
}

TEST_CASE("packets wait for an unknown neighbour, who is asked for in its group (7.2.2)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine6, 0));
    co_await send_datagram(socket, peer6);
    const auto question = co_await next_icmp6(peer, Icmp6Type::neighbour_solicitation);
    REQUIRE(question);
    CHECK(question->header.source == machine6);
    CHECK(question->header.destination == solicited_node_group(peer6));
    CHECK(question->header.hop_limit == 255);
    CHECK(question->target == group_mac(solicited_node_group(peer6)));
    const auto message = parse_neighbour_solicitation(question->payload);
    REQUIRE(message);
    CHECK(message->target == peer6);
    CHECK(find_mac(message->options, DiscoveryOptionType::source_mac) == peer.machine_mac);
    CHECK(neighbours_of(machine).state(peer6) == State::incomplete);

    NeighbourAdvertisement flags;
    flags.solicited = flags.replaces = true;
    co_await send6(peer, advertised(flags, target_option(peer.mac())));
    const auto datagram =
        co_await next6(peer, [](const Seen& seen) { return seen.chain.protocol == 17; });
    REQUIRE(datagram);
    CHECK(datagram->target == peer.mac());
    CHECK(neighbours_of(machine).state(peer6) == State::reachable);
  });
}

TEST_CASE(
    "a neighbour that never answers is asked for three times, and its packets' sender hears") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine6, 0));
    co_await send_datagram(socket, peer6);
    std::vector<TimePoint> asked;
    for (;;) {
      const auto question = co_await next_icmp6(peer, Icmp6Type::neighbour_solicitation, 5s);
      if (!question) break;
      asked.push_back(now());
    }
    REQUIRE(asked.size() == 3);
    CHECK(asked[2] - asked[0] >= 1900ms);
    CHECK(neighbours_of(machine).size() == 0);
  });
}

TEST_CASE("an advertisement is believed as its flags say (7.2.5)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    NeighbourCache& cache = neighbours_of(machine);
    // Nobody has asked: nothing is kept.
    NeighbourAdvertisement flags;
    flags.replaces = true;
    co_await send6(peer, advertised(flags, target_option(peer.mac()), all_nodes_group));
    co_await sleep(10ms);
    CHECK(cache.size() == 0);
    co_await introduce(peer);
    cache.find(peer6);
    // O=0 and another device: not believed, but the entry is in doubt.
    flags.replaces = false;
    flags.solicited = true;
    co_await send6(peer, advertised(flags, target_option(peer.mac())));
    co_await sleep(10ms);
    CHECK(cache.state(peer6) == State::reachable);
    co_await send6(peer, advertised(flags, target_option(other_mac)));
    co_await sleep(10ms);
    CHECK(cache.state(peer6) == State::stale);
    // S=1 confirms the device that is known, also without naming it.
    co_await send6(peer, advertised(flags, {}));
    co_await sleep(10ms);
    CHECK(cache.state(peer6) == State::reachable);
    CHECK(cache.find(peer6) == peer.mac());
    // O=1, S=0 and another device: believed, and in doubt.
    flags.replaces = true;
    flags.solicited = false;
    co_await send6(peer, advertised(flags, target_option(other_mac), all_nodes_group));
    co_await sleep(10ms);
    CHECK(cache.state(peer6) == State::stale);
    CHECK(cache.find(peer6) == other_mac);
    // S=1 in one for all is wrong (7.1.2).
    flags.solicited = true;
    co_await send6(peer, advertised(flags, target_option(peer.mac()), all_nodes_group));
    co_await sleep(10ms);
    CHECK(cache.find(peer6) == other_mac);
  });
}

TEST_CASE("a neighbour in use is asked itself when it was not heard of for long (7.3.3)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine6, 0));
    co_await send_datagram(socket, peer6);
    CHECK(neighbours_of(machine).state(peer6) == State::delay);
    const TimePoint sent = now();
    const auto question = co_await next_icmp6(peer, Icmp6Type::neighbour_solicitation, 10s);
    REQUIRE(question);
    CHECK(now() - sent >= 4900ms);
    CHECK(question->header.destination == peer6);
    CHECK(question->target == peer.mac());
    NeighbourAdvertisement flags;
    flags.solicited = true;
    co_await send6(peer, advertised(flags, {}));
    co_await sleep(10ms);
    CHECK(neighbours_of(machine).state(peer6) == State::reachable);
  });
}

TEST_CASE("a flood of questions from made-up addresses drives out no neighbour that is in use") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    CHECK(neighbours_of(machine).find(peer6) == peer.mac());
    for (unsigned i = 0; i < 3 * net::limits::neighbours; ++i) {
      const IpAddress stranger =
          IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9,
                         static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
      co_await send6(peer, icmp6_packet(stranger, machine_group,
                                        solicitation_of(machine6, source_option(other_mac))));
      if (i % 16 == 0) co_await sleep(1ms);
    }
    co_await sleep(10ms);
    CHECK(neighbours_of(machine).size() == net::limits::neighbours);
    CHECK(neighbours_of(machine).find(peer6) == peer.mac());
  });
}

// --- addresses that others have (RFC 4862 section 5.4) ---

TEST_CASE("an address is asked for before it is used, from nobody, in its group (5.4.2)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        CHECK_FALSE(machine.ip().is_own(machine6));
        CHECK(machine.ip().addresses().empty());
        const std::uint32_t generation = machine.ip().generation();
        const auto probe = co_await next_probe(peer);
        REQUIRE(probe);
        CHECK(probe->header.destination == machine_group);
        CHECK(probe->header.hop_limit == 255);
        const auto message = parse_neighbour_solicitation(probe->payload);
        REQUIRE(message);
        CHECK(message->target == machine6);
        CHECK_FALSE(find_mac(message->options, DiscoveryOptionType::source_mac));
        CHECK(find_nonce(message->options));
        // It is neither bound to, nor answered for, nor sent from.
        std::errc error{};
        machine.ip().route({.destination = peer6, .source = machine6}, error);
        CHECK(error == std::errc::address_not_available);
        co_await send6(peer, icmp6_packet(peer6, machine_group,
                                          solicitation_of(machine6, source_option(peer.mac()))));
        const auto answer = co_await next_icmp6(peer, Icmp6Type::neighbour_advertisement);
        CHECK_FALSE(answer);
        const Prefix ready = co_await machine.ip().ready_address(1, IpAddress::Family::v6);
        CHECK(ready == Prefix(machine6, 64));
        CHECK(machine.ip().is_own(machine6));
        CHECK(machine.ip().generation() != generation);
      },
      one_probe());
}

TEST_CASE("an address that another machine has, or wants as well, is not used (5.4.3, 5.4.4)") {
  for (const bool wants : {false, true}) {
    CAPTURE(wants);
    with_peer6(
        [wants](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
          co_await next_probe(peer);
          NeighbourAdvertisement flags;
          flags.target = machine6;
          flags.replaces = true;
          Packet packet = advertised(flags, target_option(peer.mac()), all_nodes_group);
          if (wants) {
            packet = icmp6_packet(IpAddress::any_v6(), machine_group, solicitation_of(machine6));
          }
          co_await send6(peer, packet);
          std::error_code seen;
          try {
            co_await machine.ip().ready_address(1, IpAddress::Family::v6);
          } catch (const std::system_error& error) {
            seen = error.code();
          }
          CHECK(seen == std::errc::address_in_use);
          co_await sleep(10s);
          CHECK_FALSE(machine.ip().is_own(machine6));
          CHECK(machine.ip().addresses().empty());
          CHECK(machine.ip().interface(1).find(machine6)->state == net::AddressState::duplicate);
        },
        one_probe());
  }
}

TEST_CASE("a probe of its own that comes back is no other machine's (RFC 7527 section 4.2)") {
  with_peer6(
      [](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
        const auto probe = co_await next_probe(peer);
        REQUIRE(probe);
        co_await send6(peer, probe->packet);
        co_await sleep(2s);
        CHECK(machine.ip().is_own(machine6));
      },
      one_probe());
}

TEST_CASE("who probes for an address in use is told, and so is everybody (RFC 4861 7.2.4)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await send6(peer,
                   icmp6_packet(IpAddress::any_v6(), machine_group, solicitation_of(machine6)));
    const auto answer = co_await next_icmp6(peer, Icmp6Type::neighbour_advertisement);
    REQUIRE(answer);
    CHECK(answer->header.destination == all_nodes_group);
    CHECK_FALSE(parse_neighbour_advertisement(answer->payload)->solicited);
    CHECK(neighbours_of(machine).size() == 0);
    // Another's claim to it changes nothing, and is counted.
    NeighbourAdvertisement flags;
    flags.target = machine6;
    co_await send6(peer, icmp6_packet(peer6, all_nodes_group,
                                      advertisement_of(flags, target_option(peer.mac()))));
    co_await sleep(10ms);
    CHECK(machine.ip().is_own(machine6));
    CHECK(machine.ip().ipv6(1).discovery().statistics().conflicts == 1);
  });
}

TEST_CASE("an address that is removed is not answered for any more") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    machine.ip().remove_address(1, machine6);
    CHECK_FALSE(machine.ip().is_own(machine6));
    CHECK_FALSE(machine.ip().interface(1).is_joined(machine_group));
    co_await send6(peer, icmp6_packet(peer6, machine_group,
                                      solicitation_of(machine6, source_option(peer.mac()))));
    const auto answer = co_await next_icmp6(peer, Icmp6Type::neighbour_advertisement);
    CHECK_FALSE(answer);
  });
}
