// Which groups a machine says it is in: MLD (RFC 3810, RFC 2710) and IGMP (RFC 3376, RFC 2236).
#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "sundog/io/net/wire/igmp.hpp"
#include "sundog/io/net/wire/mld.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/net/ipv6/raw_peer6.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using namespace sundog::net::wire;
using test::icmp6_packet;
using test::machine6;
using test::next6;
using test::next_icmp6;
using test::Packet;
using test::RawPeer;
using test::router6;
using test::Seen;
using test::send6;
using test::with_peer6;

namespace {

constexpr IpAddress group = IpAddress::parse("ff05::1234");
constexpr IpAddress solicited = IpAddress::parse("ff02::1:ff00:1");
constexpr IpAddress group4 = IpAddress::parse("239.1.2.3");

struct Record {
  ListenerRecord kind;
  IpAddress group;
  bool operator==(const Record&) const = default;
};

std::vector<Record> records_of(const Seen& seen) {
  std::vector<Record> records;
  const std::size_t count = read_u16(seen.payload, 6);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = mld_report_bytes + i * mld_record_bytes;
    records.push_back(
        {static_cast<ListenerRecord>(read_u8(seen.payload, at)), read_v6(seen.payload, at + 4)});
  }
  return records;
}

Task<std::optional<Seen>> next_report(RawPeer& peer, Duration within = 2s) {
  return next_icmp6(peer, Icmp6Type::listener_report_2, within);
}

// A query as a router sends it: from a link-local address, for one hop, with a router alert.
Packet query_packet(const ListenerQuery& query, const IpAddress& destination = all_nodes_group) {
  Packet message(query.version == ListenerVersion::third ? mld_query_bytes : mld_message_bytes);
  write_mld_query(message, query);
  const Packet plain = icmp6_packet(router6, destination, message, 1);
  Packet alert(router_alert_bytes);
  write_router_alert(alert, 58);
  Packet packet(plain.begin(), plain.begin() + 40);
  packet[6] = std::byte{0};
  write_u16(packet, 4, static_cast<unsigned>(plain.size() - 40 + alert.size()));
  return test::joined({packet, alert, Bytes(plain).subspan(40)});
}

// The reports at the beginning are over.
Task<void> settle(RawPeer& peer) {
  while (true) {
    const auto report = co_await next_report(peer, 3s);
    if (!report) break;
  }
}

// The next IGMP message, behind its header of 24 bytes.
Task<std::optional<Packet>> next_igmp(RawPeer& peer, Duration within = 2s) {
  const auto packet = co_await peer.next_ipv4(within);
  if (!packet || packet->size() < 24 || (*packet)[9] != std::byte{2}) co_return std::nullopt;
  CHECK((*packet)[0] == std::byte{0x46});
  CHECK((*packet)[8] == std::byte{1});
  CHECK((*packet)[20] == std::byte{0x94});
  Packet message(packet->begin() + 24, packet->end());
  CHECK(internet_checksum(message) == 0);
  co_return message;
}

Packet igmp_packet(const ListenerQuery& query, const IpAddress& destination) {
  Packet message(query.version == ListenerVersion::third ? igmp_query_bytes : igmp_message_bytes);
  write_igmp_query(message, query);
  write_u16(message, 2, internet_checksum(message));
  Ipv4Header header = test::from_peer(net::ProtocolNumber::igmp);
  header.hop_limit = 1;
  header.destination = destination;
  return test::ipv4_packet(header, message);
}

Task<void> query4(RawPeer& peer, ListenerQuery query) {
  co_await peer.send(group_mac(all_hosts_group), EtherType::ipv4,
                     igmp_packet(query, all_hosts_group));
}

}  // namespace

TEST_CASE("a group that is joined, and the one of an address, is reported twice (RFC 3810 6.1)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    for (int i = 0; i < 2; ++i) {
      const auto report = co_await next_report(peer);
      REQUIRE(report);
      CHECK(records_of(*report) == std::vector<Record>{{ListenerRecord::wanted_by_now, solicited}});
      CHECK(report->header.destination == mld_reports_group);
      CHECK(report->header.hop_limit == 1);
      CHECK(report->chain.router_alert);
      // There is no link-local address (RFC 3590).
      CHECK(report->header.source.is_any());
    }
    auto more = co_await next_report(peer);
    CHECK_FALSE(more);
    machine.ip().join(1, group);
    machine.ip().join(1, group);
    for (int i = 0; i < 2; ++i) {
      const auto report = co_await next_report(peer);
      REQUIRE(report);
      CHECK(records_of(*report) == std::vector<Record>{{ListenerRecord::wanted_by_now, group}});
    }
    machine.ip().leave(1, group);
    more = co_await next_report(peer);
    CHECK_FALSE(more);
    machine.ip().leave(1, group);
    for (int i = 0; i < 2; ++i) {
      const auto report = co_await next_report(peer);
      REQUIRE(report);
      CHECK(records_of(*report) == std::vector<Record>{{ListenerRecord::not_wanted, group}});
    }
    more = co_await next_report(peer);
    CHECK_FALSE(more);
  });
}

TEST_CASE("a query is answered within its time, for all groups or the one it names (6.2)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    machine.ip().set_address(1, Prefix::parse("fe80::1:2/64"));
    machine.ip().join(1, group);
    co_await settle(peer);
    const TimePoint asked = now();
    co_await send6(peer, query_packet({ListenerVersion::third, IpAddress::any_v6(), 5s}));
    const auto report = co_await next_report(peer, 6s);
    REQUIRE(report);
    CHECK(now() - asked <= 5s);
    CHECK(report->header.source == IpAddress::parse("fe80::1:2"));
    CHECK(records_of(*report).size() == 3);
    for (const Record& one : records_of(*report)) CHECK(one.kind == ListenerRecord::wanted);
    co_await send6(peer, query_packet({ListenerVersion::third, group, 1s}, group));
    const auto one = co_await next_report(peer);
    REQUIRE(one);
    CHECK(records_of(*one) == std::vector<Record>{{ListenerRecord::wanted, group}});
    // One of which this machine is no member.
    co_await send6(peer, query_packet({ListenerVersion::third, IpAddress::parse("ff05::9"), 1s}));
    const auto none = co_await next_report(peer);
    CHECK_FALSE(none);
    machine.ip().leave(1, group);
  });
}

TEST_CASE("queries that RFC 3810 section 6.2 calls wrong are not answered") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await settle(peer);
    const ListenerQuery query{ListenerVersion::third, IpAddress::any_v6(), 100ms};
    Packet message(mld_query_bytes);
    write_mld_query(message, query);
    // Without a router alert, from further away, from an address of more than the link.
    co_await send6(peer, icmp6_packet(router6, all_nodes_group, message, 1));
    Packet far = query_packet(query);
    far[7] = std::byte{2};
    co_await send6(peer, far);
    co_await send6(peer, icmp6_packet(test::peer6, all_nodes_group, message, 1));
    const auto report = co_await next_report(peer);
    CHECK_FALSE(report);
    CHECK(machine.ip().ipv6(1).wrong_messages() == 3);
  });
}

TEST_CASE("while a router speaks MLDv1, so does this machine (RFC 3810 8.2.1)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await settle(peer);
    co_await send6(peer, query_packet({ListenerVersion::second, IpAddress::any_v6(), 1s}));
    const auto old = co_await next_icmp6(peer, Icmp6Type::listener_report, 2s);
    REQUIRE(old);
    CHECK(old->header.destination == solicited);
    CHECK(read_v6(old->payload, 8) == solicited);
    machine.ip().remove_address(1, machine6);
    const auto farewell = co_await next_icmp6(peer, Icmp6Type::listener_done, 2s);
    REQUIRE(farewell);
    CHECK(farewell->header.destination == all_routers_group);
    co_await sleep(270s);
    machine.ip().set_address(1, Prefix(machine6, 64));
    const auto report = co_await next_report(peer);
    CHECK(report);
  });
}

TEST_CASE("a flood of queries is answered ten times a second at most") {
  with_peer6([](net::DirectHost&, RawPeer& peer) -> Task<void> {
    co_await settle(peer);
    const auto flood = [&]() -> Task<void> {
      for (int i = 0; i < 2000; ++i) {
        co_await send6(peer, query_packet({ListenerVersion::third, IpAddress::any_v6(), 0s}));
        co_await sleep(1ms);
      }
    };
    int answers = 0;
    const TimePoint start = now();
    const auto count = [&]() -> Task<void> {
      for (;;) {
        const auto report = co_await next_report(peer, 1h);
        if (report) ++answers;
      }
    };
    co_await pick(flood(), count());
    CHECK(answers >= 15);
    CHECK(answers <= (now() - start) / net::limits::group_answers_apart + 1);
  });
}

TEST_CASE(
    "an IPv4 group is reported by IGMPv3 when it is joined, left, and asked for (RFC 3376 5)") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    machine.ip().join(1, group4);
    for (int i = 0; i < 2; ++i) {
      const auto report = co_await next_igmp(peer);
      REQUIRE(report);
      CHECK(report->size() == 16);
      CHECK((*report)[0] == std::byte{0x22});
      CHECK((*report)[8] == std::byte{4});
      CHECK(read_v4(*report, 12) == group4);
    }
    co_await query4(peer, {ListenerVersion::third, IpAddress::any_v4(), 2s});
    const auto answer = co_await next_igmp(peer, 3s);
    REQUIRE(answer);
    CHECK((*answer)[8] == std::byte{2});
    CHECK(read_v4(*answer, 12) == group4);
    machine.ip().leave(1, group4);
    const auto farewell = co_await next_igmp(peer);
    REQUIRE(farewell);
    CHECK((*farewell)[8] == std::byte{3});
  });
}

TEST_CASE("while a router speaks IGMPv2, so does this machine (RFC 3376 7.2.1)") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    machine.ip().join(1, group4);
    co_await sleep(3s);
    for (int i = 0; i < 2; ++i) co_await next_igmp(peer);
    co_await query4(peer, {ListenerVersion::second, IpAddress::any_v4(), 1s});
    const auto report = co_await next_igmp(peer);
    REQUIRE(report);
    CHECK(report->size() == 8);
    CHECK((*report)[0] == std::byte{0x16});
    CHECK(read_v4(*report, 4) == group4);
    machine.ip().leave(1, group4);
    const auto farewell = co_await next_igmp(peer);
    REQUIRE(farewell);
    CHECK((*farewell)[0] == std::byte{0x17});
  });
}
