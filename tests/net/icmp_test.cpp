// What a machine answers, and what it must not: echoes, errors, and what routers say of paths
// (RFC 792, RFC 1122, RFC 1191).
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/datagram.hpp"
#include "tests/net/raw_peer.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using namespace sundog::net::wire;
using net::ProtocolNumber;
using test::from_peer;
using test::icmp_message;
using test::ipv4_packet;
using test::machine_address;
using test::Packet;
using test::peer_address;
using test::RawPeer;
using test::udp_message;

namespace {

constexpr std::uint32_t echo_numbers = 0x12340007;

Packet payload_of(std::size_t size) {
  Packet bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 11 + i / 256);
  return bytes;
}

Packet echo_of(std::size_t size) {
  return icmp_message({Icmp4Type::echo, 0, echo_numbers}, payload_of(size));
}

// The ICMP message in an IPv4 packet, if its checksums are right.
Packet icmp_in(const std::optional<Packet>& packet) {
  if (!packet) return {};
  const auto header = parse_ipv4(*packet, packet->size());
  if (!header || header->protocol != 1) return {};
  Packet message(packet->begin() + header->header_bytes, packet->end());
  return internet_checksum(message) == 0 ? message : Packet();
}

// An error of a router about a packet that the machine sent.
Packet error_about(Icmp4Type type, unsigned code, std::uint32_t rest, Bytes packet) {
  return ipv4_packet(from_peer(ProtocolNumber::icmp4),
                     icmp_message({type, static_cast<std::uint8_t>(code), rest}, packet));
}

}  // namespace

TEST_CASE("an echo comes back as it was, with right checksums") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    for (const std::size_t size : {0U, 1U, 56U, 1472U}) {
      co_await peer.send_ipv4(ipv4_packet(from_peer(ProtocolNumber::icmp4), echo_of(size)));
      const auto packet = co_await peer.next_ipv4();
      CHECK(icmp_in(packet) ==
            icmp_message({Icmp4Type::echo_reply, 0, echo_numbers}, payload_of(size)));
    }
    CHECK(machine.ip().icmp4_statistics().echo_replies == 4);
  });
}

TEST_CASE("an echo of 60,000 bytes comes back, in fragments") {
  test::with_raw_peer([](net::DirectHost&, RawPeer& peer) -> Task<void> {
    const Packet echo = echo_of(60'000);
    for (std::size_t offset = 0; offset < echo.size(); offset += 1480) {
      const std::size_t size = std::min<std::size_t>(1480, echo.size() - offset);
      Ipv4Header header = from_peer(ProtocolNumber::icmp4);
      header.identification = 77;
      header.fragment_offset = static_cast<std::uint16_t>(offset);
      header.more_fragments = offset + size < echo.size();
      co_await peer.send_ipv4(ipv4_packet(header, Bytes(echo).subspan(offset, size)));
    }
    Packet reply;
    for (bool more = true; more;) {
      const auto packet = co_await peer.next_ipv4();
      REQUIRE(packet);
      const auto header = parse_ipv4(*packet, packet->size());
      REQUIRE(header);
      CHECK(header->fragment_offset == reply.size());
      more = header->more_fragments;
      reply.insert(reply.end(), packet->begin() + 20, packet->end());
    }
    CHECK((reply == icmp_message({Icmp4Type::echo_reply, 0, echo_numbers}, payload_of(60'000))));
  });
}

TEST_CASE("an echo to all, or with a wrong checksum, is not answered") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    Ipv4Header to_all = from_peer(ProtocolNumber::icmp4);
    to_all.destination = IpAddress::parse("192.0.2.255");
    co_await peer.send(MacAddress::broadcast(), EtherType::ipv4, ipv4_packet(to_all, echo_of(8)));
    Packet damaged = echo_of(8);
    damaged.back() ^= std::byte{1};
    co_await peer.send_ipv4(ipv4_packet(from_peer(ProtocolNumber::icmp4), damaged));
    const auto packet = co_await peer.next_ipv4();
    CHECK_FALSE(packet);
    CHECK(machine.ip().statistics4().wrong_checksums == 1);
  });
}

TEST_CASE("a datagram to a port where nobody is comes back in an error, quoted") {
  test::with_raw_peer([](net::DirectHost&, RawPeer& peer) -> Task<void> {
    const Packet sent =
        ipv4_packet(from_peer(ProtocolNumber::udp), udp_message(4000, 9, payload_of(1000)));
    co_await peer.send_ipv4(sent);
    const auto packet = co_await peer.next_ipv4();
    const Packet message = icmp_in(packet);
    REQUIRE(message.size() == 576 - 20);
    CHECK(parse_icmp4(message)->type == Icmp4Type::unreachable);
    CHECK(parse_icmp4(message)->code == static_cast<unsigned>(Icmp4Unreachable::port));
    CHECK(std::ranges::equal(Bytes(message).subspan(8), Bytes(sent).first(576 - 28)));
  });
}

TEST_CASE("a packet of a protocol that nobody has here comes back in an error") {
  test::with_raw_peer([](net::DirectHost&, RawPeer& peer) -> Task<void> {
    co_await peer.send_ipv4(
        ipv4_packet(from_peer(static_cast<ProtocolNumber>(132)), payload_of(20)));
    const auto packet = co_await peer.next_ipv4();
    const Packet message = icmp_in(packet);
    REQUIRE(message.size() == 8 + 40);
    CHECK(parse_icmp4(message)->code == static_cast<unsigned>(Icmp4Unreachable::protocol));
  });
}

TEST_CASE("no error is sent about what was for all, about errors, nor to nobody") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    const IpAddress all = IpAddress::parse("192.0.2.255");
    Ipv4Header to_all = from_peer(ProtocolNumber::udp);
    to_all.destination = all;
    const Packet broadcast =
        ipv4_packet(to_all, udp_message(4000, 9, payload_of(4), peer_address, all));
    co_await peer.send(MacAddress::broadcast(), EtherType::ipv4, broadcast);
    // In a frame for all, a packet for one is not taken at all.
    co_await peer.send(
        MacAddress::broadcast(), EtherType::ipv4,
        ipv4_packet(from_peer(ProtocolNumber::udp), udp_message(4000, 9, payload_of(4))));
    for (const char* source :
         {"0.0.0.0", "224.0.0.5", "255.255.255.255", "192.0.2.255", "127.0.0.1", "192.0.2.1"}) {
      Ipv4Header header = from_peer(ProtocolNumber::udp);
      header.source = IpAddress::parse(source);
      co_await peer.send_ipv4(
          ipv4_packet(header, udp_message(4000, 9, payload_of(4), header.source)));
    }
    co_await peer.send_ipv4(
        error_about(Icmp4Type::unreachable, 3, 0,
                    ipv4_packet(from_peer(ProtocolNumber::udp), udp_message(1, 2, payload_of(0)))));
    const auto packet = co_await peer.next_ipv4();
    CHECK_FALSE(packet);
    CHECK(machine.ip().icmp4_statistics().errors_sent == 0);
    CHECK(machine.ip().statistics4().wrong_addresses == 7);
  });
}

TEST_CASE("a flood of datagrams to closed ports is answered by few errors") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    constexpr int count = 400;
    const TimePoint start = now();
    for (int i = 0; i < count; ++i) {
      co_await peer.send_ipv4(
          ipv4_packet(from_peer(ProtocolNumber::udp), udp_message(4000, 9, payload_of(0))));
      if (i % 20 == 0) co_await sleep(100us);
    }
    co_await sleep(10ms);
    const auto allowed =
        net::limits::error_burst + net::limits::errors_per_second * ((now() - start) / 1ms) / 1000;
    REQUIRE(allowed < count / 2);
    const auto& statistics = machine.ip().icmp4_statistics();
    CHECK(statistics.errors_sent >= net::limits::error_burst);
    CHECK(static_cast<std::int64_t>(statistics.errors_sent) <= allowed + 1);
    CHECK(statistics.errors_sent + statistics.not_sent == count);
  });
}

TEST_CASE("packets that are not for this machine, or not right, are dropped and counted") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    Ipv4Header header = from_peer(ProtocolNumber::icmp4);
    header.destination = IpAddress::parse("192.0.2.99");
    co_await peer.send_ipv4(ipv4_packet(header, echo_of(8)));
    header.destination = IpAddress::loopback_v4();
    co_await peer.send_ipv4(ipv4_packet(header, echo_of(8)));
    header.destination = IpAddress::parse("224.0.0.251");
    co_await peer.send_ipv4(ipv4_packet(header, echo_of(8)));
    Packet wrong = ipv4_packet(from_peer(ProtocolNumber::icmp4), echo_of(8));
    wrong[10] ^= std::byte{1};
    co_await peer.send_ipv4(wrong);
    // A loose source route.
    Packet routed = ipv4_packet(from_peer(ProtocolNumber::icmp4), echo_of(8));
    const Packet options = {std::byte{131}, std::byte{7}, std::byte{4}, std::byte{192},
                            std::byte{0},   std::byte{2}, std::byte{9}, std::byte{0}};
    routed.insert(routed.begin() + 20, options.begin(), options.end());
    routed[0] = std::byte{0x47};
    write_u16(routed, 2, static_cast<unsigned>(routed.size()));
    write_u16(routed, 10, 0);
    write_u16(routed, 10, internet_checksum(Bytes(routed).first(28)));
    co_await peer.send_ipv4(routed);
    const auto packet = co_await peer.next_ipv4();
    CHECK_FALSE(packet);
    CHECK(machine.ip().statistics4().wrong_addresses == 3);
    CHECK(machine.ip().statistics4().wrong_headers == 2);
  });
}

TEST_CASE("what pads a short frame is no part of its packet") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine_address, 9));
    Packet packet =
        ipv4_packet(from_peer(ProtocolNumber::udp), udp_message(4000, 9, as_bytes("ab")));
    packet.resize(46, std::byte{0xff});
    co_await peer.send_ipv4(packet);
    const std::string got = co_await contract::receive_text(socket);
    CHECK(got == "ab");
  });
}

TEST_CASE("a datagram may be shorter than its packet") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine_address, 9));
    Packet message = udp_message(4000, 9, as_bytes("ab"));
    message.resize(40, std::byte{0xff});
    co_await peer.send_ipv4(ipv4_packet(from_peer(ProtocolNumber::udp), message));
    const std::string got = co_await contract::receive_text(socket);
    CHECK(got == "ab");
  });
}

TEST_CASE("a datagram without a checksum is taken, one with a wrong one is not") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine_address, 9));
    Packet message = udp_message(4000, 9, as_bytes("wrong"));
    message[9] ^= std::byte{4};
    co_await peer.send_ipv4(ipv4_packet(from_peer(ProtocolNumber::udp), message));
    message = udp_message(4000, 9, as_bytes("none"));
    write_u16(message, 6, 0);
    co_await peer.send_ipv4(ipv4_packet(from_peer(ProtocolNumber::udp), message));
    const std::string got = co_await contract::receive_text(socket);
    CHECK(got == "none");
    CHECK(machine.ip().statistics4().wrong_checksums == 1);
  });
}

TEST_CASE("the later fragments of a datagram are not taken for datagrams") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine_address, 9));
    Ipv4Header header = from_peer(ProtocolNumber::udp);
    header.identification = 5;
    header.fragment_offset = 1480;
    co_await peer.send_ipv4(ipv4_packet(header, udp_message(4000, 9, as_bytes("no datagram"))));
    co_await sleep(10ms);
    CHECK(machine.udp().statistics().received == 0);
    CHECK(machine.udp().statistics().no_port == 0);
  });
}

TEST_CASE("who sent a first fragment hears when others have not come in a minute (RFC 1122)") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    Ipv4Header header = from_peer(ProtocolNumber::udp);
    header.identification = 5;
    header.more_fragments = true;
    const Packet first = ipv4_packet(header, udp_message(4000, 9, payload_of(56)));
    co_await peer.send_ipv4(first);
    // Of these the first is missing, or they are of an error.
    header.identification = 6;
    header.fragment_offset = 64;
    co_await peer.send_ipv4(ipv4_packet(header, payload_of(64)));
    header.identification = 7;
    header.fragment_offset = 0;
    header.protocol = 1;
    co_await peer.send_ipv4(
        ipv4_packet(header, icmp_message({Icmp4Type::unreachable, 3, 0}, payload_of(56))));
    const TimePoint sent = now();
    const auto packet = co_await peer.next_ipv4(2min);
    CHECK(now() - sent >= 59s);
    const Packet message = icmp_in(packet);
    REQUIRE(message.size() == 8 + 20 + 64);
    CHECK(parse_icmp4(message)->type == Icmp4Type::time_exceeded);
    CHECK(parse_icmp4(message)->code == 1);
    CHECK(std::ranges::equal(Bytes(message).subspan(8), first));
    const auto more = co_await peer.next_ipv4(2min);
    CHECK_FALSE(more);
    CHECK(machine.ip().reassembly_statistics().failed == 3);
  });
}

namespace {

// Sends a datagram so that a router can complain of it; gives the packet as it was on the wire.
Task<Packet> sent_datagram(net::DirectDatagrams& socket, RawPeer& peer, std::size_t size) {
  co_await socket.send(payload_of(size), Endpoint(peer_address, 9));
  const auto packet = co_await peer.next_ipv4();
  co_return packet.value_or(Packet());
}

}  // namespace

TEST_CASE("a router's word on a path's mtu is kept for ten minutes, and packets are cut to it") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine_address, 0));
    const auto path_mtu = [&] {
      std::errc error{};
      return machine.ip().route({.destination = peer_address}, error).mtu;
    };
    const Packet sent = co_await sent_datagram(socket, peer, 1400);
    REQUIRE(sent.size() == 1428);
    const std::uint32_t generation = machine.ip().generation();
    co_await peer.send_ipv4(error_about(Icmp4Type::unreachable, 4, 1000, sent));
    co_await sleep(10ms);
    CHECK(path_mtu() == 1000);
    CHECK(machine.ip().generation() != generation);
    const Packet first = co_await sent_datagram(socket, peer, 1400);
    CHECK(first.size() == 20 + 976);
    const auto second = co_await peer.next_ipv4();
    REQUIRE(second);
    CHECK(second->size() == 20 + 1408 - 976);
    co_await sleep(10min);
    CHECK(path_mtu() == 1500);
    // Also where the way there was kept.
    const Packet whole = co_await sent_datagram(socket, peer, 1400);
    CHECK(whole.size() == 1428);
  });
}

TEST_CASE("an old router that does not say the mtu makes the next smaller usual one be tried") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine_address, 0));
    const Packet sent = co_await sent_datagram(socket, peer, 1472);
    co_await peer.send_ipv4(error_about(Icmp4Type::unreachable, 4, 0, Bytes(sent).first(500)));
    co_await sleep(10ms);
    std::errc error{};
    CHECK(machine.ip().route({.destination = peer_address}, error).mtu == 1492);
  });
}

TEST_CASE("errors about packets that this machine cannot have sent change nothing") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine_address, 0));
    const Packet sent = co_await sent_datagram(socket, peer, 1400);
    const auto lie = [&](std::size_t at, unsigned number, std::uint32_t mtu) -> Task<void> {
      Packet quoted = sent;
      write_u16(quoted, at, number);
      co_await peer.send_ipv4(error_about(Icmp4Type::unreachable, 4, mtu, quoted));
    };
    co_await lie(12, 0xc633, 600);  // another source
    co_await lie(20, 9, 600);       // a port where no socket is
    co_await lie(2, 600, 600);      // it would have passed
    co_await lie(6, 185, 600);      // a later fragment
    co_await lie(0, 0x6500, 600);   // no IPv4
    co_await sleep(10ms);
    std::errc error{};
    CHECK(machine.ip().route({.destination = peer_address}, error).mtu == 1500);
    // However small the number is, packets do not become absurd; and it never makes them larger.
    co_await lie(0, 0x4500, 68);
    co_await lie(0, 0x4500, 1400);
    co_await sleep(10ms);
    CHECK(machine.ip().route({.destination = peer_address}, error).mtu == 552);
  });
}

TEST_CASE("an error that quotes too little, or nothing, is counted and harmless") {
  test::with_raw_peer([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    const Packet whole =
        ipv4_packet(from_peer(ProtocolNumber::udp), udp_message(4000, 9, payload_of(4)));
    for (std::size_t size = 0; size < 28; ++size) {
      co_await peer.send_ipv4(error_about(Icmp4Type::unreachable, 3, 0, Bytes(whole).first(size)));
    }
    for (std::size_t size = 0; size < 8; ++size) {
      Packet shorter(size);
      if (size >= 4) write_u16(shorter, 2, internet_checksum(shorter));
      co_await peer.send_ipv4(ipv4_packet(from_peer(ProtocolNumber::icmp4), shorter));
    }
    co_await sleep(100ms);
    CHECK(machine.ip().icmp4_statistics().wrong >= 28);
    const auto packet = co_await peer.next_ipv4();
    CHECK_FALSE(packet);
  });
}
