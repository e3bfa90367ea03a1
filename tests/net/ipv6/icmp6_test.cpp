// What a machine answers over IPv6, and what it must not: echoes, errors, headers that cannot be
// taken, fragments, and what routers say of paths (RFC 4443, RFC 8200, RFC 8201).
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sundog/timers/sleep.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/datagram.hpp"
#include "tests/net/bytes_of.hpp"
#include "tests/net/ipv6/raw_peer6.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using namespace sundog::net::wire;
using net::ProtocolNumber;
using test::bytes_of;
using test::icmp6_message;
using test::icmp6_packet;
using test::introduce;
using test::ipv6_packet;
using test::joined;
using test::machine6;
using test::next6;
using test::next_icmp6;
using test::Packet;
using test::peer6;
using test::RawPeer;
using test::Seen;
using test::send6;
using test::with_peer6;

namespace {

constexpr std::uint32_t echo_numbers = 0x12340007;

Packet payload_of(std::size_t size) {
  Packet bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 11 + i / 256);
  return bytes;
}

Packet echo_packet(std::size_t size, const IpAddress& destination = machine6,
                   const IpAddress& source = peer6) {
  return icmp6_packet(source, destination,
                      icmp6_message({Icmp6Type::echo, 0, echo_numbers}, payload_of(size)), 64);
}

Packet datagram_packet(std::uint16_t from, std::uint16_t to, Bytes payload,
                       const IpAddress& source = peer6, const IpAddress& destination = machine6) {
  Ipv6Header header;
  header.next_header = 17;
  header.hop_limit = 64;
  header.source = source;
  header.destination = destination;
  return ipv6_packet(header, test::udp_message(from, to, payload, source, destination));
}

// The same packet with extension headers between: `first` is what the fixed header names.
Packet with_headers(const Packet& packet, unsigned first, std::string_view headers) {
  const Packet between = bytes_of(headers);
  Packet all(packet.begin(), packet.begin() + 40);
  all[6] = static_cast<std::byte>(first);
  write_u16(all, 4, static_cast<unsigned>(packet.size() - 40 + between.size()));
  return joined({all, between, Bytes(packet).subspan(40)});
}

// A part of what follows the fixed header.
Packet fragment_of(const Packet& packet, std::size_t offset, std::size_t size, bool more,
                   std::uint32_t identification = 77) {
  Ipv6Header header = *parse_quoted_ipv6(packet);
  Packet fragment(8);
  write_fragment_header(
      fragment, {header.next_header, static_cast<std::uint16_t>(offset), more, identification});
  header.next_header = 44;
  return ipv6_packet(header, joined({fragment, Bytes(packet).subspan(40 + offset, size)}));
}

// The next error of the machine's, if its quotation is the beginning of this packet.
Task<std::optional<Icmp6Header>> next_error(RawPeer& peer, Packet about) {
  const auto seen = co_await next6(
      peer, [](const Seen& one) { return one.is_icmp6() && is_icmp6_error(one.type()); });
  if (!seen) co_return std::nullopt;
  CHECK(seen->header.source == machine6);
  CHECK(seen->packet.size() <= 1280);
  const Bytes quoted = Bytes(seen->payload).subspan(8);
  CHECK(std::ranges::equal(quoted, Bytes(about).first(std::min(about.size(), quoted.size()))));
  CHECK(quoted.size() == std::min<std::size_t>(about.size(), 1280 - 48));
  co_return parse_icmp6(seen->payload);
}

bool is_udp(const Seen& seen) { return seen.chain.protocol == 17; }

// Of what the machine says by itself there is more.
bool is_answer(const Seen& seen) {
  return seen.is_icmp6() && (is_icmp6_error(seen.type()) || seen.type() == Icmp6Type::echo_reply);
}

}  // namespace

TEST_CASE("an echo comes back as it was, with a right checksum (RFC 4443 section 4.2)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    for (const std::size_t size : {0U, 1U, 56U, 1452U}) {
      co_await send6(peer, echo_packet(size));
      const auto reply = co_await next_icmp6(peer, Icmp6Type::echo_reply);
      REQUIRE(reply);
      CHECK(reply->header.source == machine6);
      CHECK(reply->header.hop_limit == 64);
      CHECK(parse_icmp6(reply->payload)->rest == echo_numbers);
      CHECK(std::ranges::equal(Bytes(reply->payload).subspan(8), payload_of(size)));
    }
    CHECK(machine.ip().icmp6_statistics().echo_replies == 4);
  });
}

TEST_CASE("an echo of 60,000 bytes comes back over IPv6, in fragments") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    const Packet echo = echo_packet(60'000);
    const std::size_t bytes = echo.size() - 40;
    for (std::size_t offset = 0; offset < bytes; offset += 1448) {
      const std::size_t size = std::min<std::size_t>(1448, bytes - offset);
      co_await send6(peer, fragment_of(echo, offset, size, offset + size < bytes));
    }
    Packet reply;
    for (bool more = true; more;) {
      const auto fragment =
          co_await next6(peer, [](const Seen& seen) { return seen.chain.fragment.has_value(); });
      REQUIRE(fragment);
      CHECK(fragment->chain.fragment->offset == reply.size());
      CHECK(fragment->packet.size() <= 1500);
      more = fragment->chain.fragment->more_fragments;
      reply.insert(reply.end(), fragment->payload.begin(), fragment->payload.end());
    }
    InternetSum sum;
    sum.add_pseudo_header(machine6, peer6, 58, reply.size());
    sum.add(reply);
    CHECK(sum.checksum() == 0);
    CHECK((std::ranges::equal(Bytes(reply).subspan(8), payload_of(60'000))));
    CHECK(machine.ip().reassembly_statistics6().reassembled == 1);
  });
}

TEST_CASE("an echo to a group is answered on its own link only") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await send6(peer, echo_packet(8, all_nodes_group));
    const auto none = co_await next_icmp6(peer, Icmp6Type::echo_reply);
    CHECK_FALSE(none);
    const IpAddress neighbour = IpAddress::parse("fe80::2");
    machine.ip().set_address(1, Prefix::parse("fe80::1/64"));
    const Packet option = test::mac_option(DiscoveryOptionType::source_mac, peer.mac());
    co_await send6(peer, icmp6_packet(neighbour, IpAddress::parse("ff02::1:ff00:1"),
                                      test::solicitation_of(IpAddress::parse("fe80::1"), option)));
    co_await send6(peer, echo_packet(8, all_nodes_group, neighbour));
    const auto reply = co_await next_icmp6(peer, Icmp6Type::echo_reply);
    REQUIRE(reply);
    CHECK(reply->header.source == IpAddress::parse("fe80::1"));
    CHECK(reply->header.destination == neighbour);
  });
}

TEST_CASE("a datagram to a port where nobody is comes back in an error, quoted (3.1)") {
  with_peer6([](net::DirectHost&, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    for (const std::size_t size : {4U, 1400U}) {
      const Packet sent = datagram_packet(4000, 9, payload_of(size));
      co_await send6(peer, sent);
      const auto error = co_await next_error(peer, sent);
      CHECK(error == Icmp6Header{Icmp6Type::unreachable, 4, 0});
    }
  });
}

TEST_CASE("a protocol that nobody has here is named where it stands (3.4)") {
  with_peer6([](net::DirectHost&, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    Packet sent = echo_packet(20);
    sent[6] = std::byte{132};
    co_await send6(peer, sent);
    auto error = co_await next_error(peer, sent);
    CHECK(error == Icmp6Header{Icmp6Type::parameter_problem, 1, 6});
    sent = with_headers(echo_packet(20), 60, "8400 0104 00000000");
    co_await send6(peer, sent);
    error = co_await next_error(peer, sent);
    CHECK(error == Icmp6Header{Icmp6Type::parameter_problem, 1, 40});
  });
}

TEST_CASE(
    "extension headers are passed, and those that cannot be are refused (RFC 8200 4.2, 4.4)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    co_await send6(peer,
                   with_headers(echo_packet(8), 0,
                                "3c00 0502 0000 0100  2b00 1e00 0102 0000  3a00 fd00 00000000"));
    const auto reply = co_await next_icmp6(peer, Icmp6Type::echo_reply);
    CHECK(reply);
    // An option to be told of, and a routing header of type 0 (RFC 5095).
    Packet sent = with_headers(echo_packet(8), 60, "3a00 9e00 0102 0000");
    co_await send6(peer, sent);
    auto error = co_await next_error(peer, sent);
    CHECK(error == Icmp6Header{Icmp6Type::parameter_problem, 2, 42});
    sent = with_headers(echo_packet(8), 43, "3a02 0001 00000000 20010db8000000000000000000000009");
    co_await send6(peer, sent);
    error = co_await next_error(peer, sent);
    CHECK(error == Icmp6Header{Icmp6Type::parameter_problem, 0, 42});
    // One to be dropped without a word.
    co_await send6(peer, with_headers(echo_packet(8), 60, "3a00 5e00 0102 0000"));
    const auto nothing = co_await next6(peer, is_answer);
    CHECK_FALSE(nothing);
    CHECK(machine.ip().statistics6().wrong_headers == 3);
  });
}

TEST_CASE("of an unknown option in a packet for a group only kind 10 is told (RFC 8200 4.2)") {
  with_peer6([](net::DirectHost&, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    co_await send6(peer, with_headers(echo_packet(8, all_nodes_group), 60, "3a00 de00 0102 0000"));
    auto seen = co_await next_icmp6(peer, Icmp6Type::parameter_problem);
    CHECK_FALSE(seen);
    co_await send6(peer, with_headers(echo_packet(8, all_nodes_group), 60, "3a00 9e00 0102 0000"));
    seen = co_await next_icmp6(peer, Icmp6Type::parameter_problem);
    REQUIRE(seen);
    CHECK(seen->header.source == machine6);
  });
}

TEST_CASE("no error is sent about errors, what was for groups, nor to nobody (RFC 4443 2.4 e)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    machine.ip().join(1, IpAddress::parse("ff02::77"));
    co_await send6(peer, datagram_packet(4000, 9, payload_of(4), peer6, all_nodes_group));
    co_await send6(peer,
                   datagram_packet(4000, 9, payload_of(4), peer6, IpAddress::parse("ff02::77")));
    for (const char* source : {"::", "ff02::5", "::1", "2001:db8::1", "::ffff:192.0.2.9"}) {
      co_await send6(peer, datagram_packet(4000, 9, payload_of(4), IpAddress::parse(source)));
    }
    // An error with an option that is to be told of.
    const Packet error = icmp6_packet(
        peer6, machine6, icmp6_message({Icmp6Type::unreachable, 4, 0}, payload_of(64)), 64);
    co_await send6(peer, with_headers(error, 60, "3a00 9e00 0102 0000"));
    const auto seen = co_await next6(peer, is_answer);
    CHECK_FALSE(seen);
    CHECK(machine.ip().icmp6_statistics().errors_sent == 0);
    machine.ip().leave(1, IpAddress::parse("ff02::77"));
  });
}

TEST_CASE("a flood of datagrams to closed ports is answered by few errors (RFC 4443 2.4 f)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    constexpr int count = 400;
    const TimePoint start = now();
    for (int i = 0; i < count; ++i) {
      co_await send6(peer, datagram_packet(4000, 9, payload_of(0)));
      if (i % 20 == 0) co_await sleep(100us);
    }
    co_await sleep(10ms);
    const auto allowed =
        net::limits::error_burst + net::limits::errors_per_second * ((now() - start) / 1ms) / 1000;
    const auto& statistics = machine.ip().icmp6_statistics();
    CHECK(statistics.errors_sent >= net::limits::error_burst);
    CHECK(static_cast<std::int64_t>(statistics.errors_sent) <= allowed + 1);
    CHECK(statistics.errors_sent + statistics.not_sent == count);
  });
}

// --- fragments (RFC 8200 section 4.5) ---

TEST_CASE("a datagram in fragments arrives, in whatever order they come") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine6, 9));
    const std::string text(3000, 'x');
    const Packet whole = datagram_packet(4000, 9, as_bytes(text));
    co_await send6(peer, fragment_of(whole, 2000, 1008, false));
    co_await send6(peer, fragment_of(whole, 0, 1000, true));
    co_await send6(peer, fragment_of(whole, 1000, 1000, true));
    const std::string got = co_await contract::receive_text(socket, 4000);
    CHECK(got == text);
    // With headers before and behind the fragment's.
    const std::string shorter(2000, 'y');
    const Packet behind =
        with_headers(datagram_packet(4000, 9, as_bytes(shorter)), 60, "1100 0104 00000000");
    const std::size_t bytes = behind.size() - 40;
    co_await send6(peer,
                   with_headers(fragment_of(behind, 0, 1208, true, 78), 0, "2c00 0104 00000000"));
    co_await send6(peer, with_headers(fragment_of(behind, 1208, bytes - 1208, false, 78), 0,
                                      "2c00 0104 00000000"));
    const std::string again = co_await contract::receive_text(socket, 4000);
    CHECK(again == shorter);
  });
}

TEST_CASE("a whole packet in a fragment's dress is taken by itself (RFC 6946)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine6, 9));
    const Packet other = datagram_packet(4000, 9, payload_of(64));
    // Of another packet with the same identification there are fragments already.
    co_await send6(peer, fragment_of(other, 0, 40, true));
    const Packet whole = datagram_packet(4000, 9, as_bytes("atomic"));
    co_await send6(peer, fragment_of(whole, 0, whole.size() - 40, false));
    const std::string got = co_await contract::receive_text(socket);
    CHECK(got == "atomic");
    CHECK(machine.ip().reassembly_statistics6().failed == 0);
  });
}

TEST_CASE("fragments that overlap end their packet, and nobody is told (RFC 5722)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine6, 9));
    const Packet whole = datagram_packet(4000, 9, payload_of(64));
    co_await send6(peer, fragment_of(whole, 0, 40, true));
    co_await send6(peer, fragment_of(whole, 32, 40, false));
    const auto seen = co_await next6(peer, is_answer, 2min);
    CHECK_FALSE(seen);
    CHECK(machine.ip().reassembly_statistics6().failed == 1);
    CHECK(machine.udp().statistics().received == 0);
  });
}

TEST_CASE("a fragment of a length that none has, or that goes too far, is refused (4.5)") {
  with_peer6([](net::DirectHost&, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    const Packet whole = datagram_packet(4000, 9, payload_of(64));
    Packet sent = fragment_of(whole, 0, 33, true);
    co_await send6(peer, sent);
    auto error = co_await next_error(peer, sent);
    CHECK(error == Icmp6Header{Icmp6Type::parameter_problem, 0, 4});
    sent = fragment_of(whole, 0, 40, false);
    write_u16(sent, 42, 65'528);
    co_await send6(peer, sent);
    error = co_await next_error(peer, sent);
    CHECK(error == Icmp6Header{Icmp6Type::parameter_problem, 0, 42});
  });
}

TEST_CASE("a first fragment without all headers is refused (RFC 7112 section 5)") {
  with_peer6([](net::DirectHost&, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    const Packet behind = with_headers(datagram_packet(4000, 9, payload_of(64)), 60,
                                       "1101 010c 000000000000000000000000");
    Packet sent = fragment_of(behind, 0, 8, true);
    co_await send6(peer, sent);
    auto error = co_await next_error(peer, sent);
    CHECK(error == Icmp6Header{Icmp6Type::parameter_problem, 3, 0});
    // The options are there, and nothing of the datagram's header.
    sent = fragment_of(behind, 0, 16, true);
    co_await send6(peer, sent);
    error = co_await next_error(peer, sent);
    CHECK(error == Icmp6Header{Icmp6Type::parameter_problem, 3, 0});
  });
}

TEST_CASE("who sent the first fragment hears when others have not come in a minute (4.5)") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    const Packet whole = datagram_packet(4000, 9, payload_of(64));
    const Packet first = fragment_of(whole, 0, 40, true);
    co_await send6(peer, first);
    // Of this one the first is missing.
    co_await send6(peer, fragment_of(whole, 40, 32, false, 78));
    const TimePoint sent = now();
    const auto error = co_await next_icmp6(peer, Icmp6Type::time_exceeded, 2min);
    REQUIRE(error);
    CHECK(now() - sent >= 59s);
    CHECK(parse_icmp6(error->payload) == Icmp6Header{Icmp6Type::time_exceeded, 1, 0});
    CHECK(std::ranges::equal(Bytes(error->payload).subspan(8), first));
    const auto more = co_await next_icmp6(peer, Icmp6Type::time_exceeded, 2min);
    CHECK_FALSE(more);
    CHECK(machine.ip().reassembly_statistics6().failed == 2);
  });
}

TEST_CASE("a flood of first fragments takes no more memory than it may") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    const Packet whole = datagram_packet(4000, 9, payload_of(1400));
    for (std::uint32_t i = 0; i < 500; ++i) {
      co_await send6(peer, fragment_of(whole, 0, 1200, true, i));
      if (i % 16 == 0) co_await sleep(1ms);
    }
    co_await sleep(1ms);
    CHECK(machine.ip().reassembly_statistics6().fragments > 400);
    CHECK(machine.ip().reassembly_statistics6().failed >=
          machine.ip().reassembly_statistics6().fragments - net::limits::reassemblies);
  });
}

// --- paths (RFC 8201) ---

TEST_CASE("a router's word on a path's mtu is kept for ten minutes, and never below 1280") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    auto socket = net::DirectStack(machine).datagrams(Endpoint(machine6, 0));
    const auto path_mtu = [&] {
      std::errc error{};
      return machine.ip().route({.destination = peer6}, error).mtu;
    };
    const auto tell = [&](Packet about, std::uint32_t mtu) -> Task<void> {
      co_await send6(peer,
                     icmp6_packet(test::router6, machine6,
                                  icmp6_message({Icmp6Type::packet_too_big, 0, mtu}, about), 64));
      co_await sleep(10ms);
    };
    co_await socket.send(payload_of(1452), Endpoint(peer6, 9));
    const auto sent = co_await next6(peer, is_udp);
    REQUIRE(sent);
    CHECK(sent->packet.size() == 1500);
    const Packet quoted(sent->packet.begin(), sent->packet.begin() + 1232);
    co_await tell(quoted, 1279);
    CHECK(path_mtu() == 1500);
    co_await tell(quoted, 68);
    CHECK(path_mtu() == 1500);
    // About a port where no socket is.
    Packet other = quoted;
    write_u16(other, 40, 9);
    co_await tell(other, 1300);
    CHECK(path_mtu() == 1500);
    const std::uint32_t generation = machine.ip().generation();
    co_await tell(quoted, 1400);
    CHECK(path_mtu() == 1400);
    CHECK(machine.ip().generation() != generation);
    co_await tell(quoted, 1280);
    CHECK(path_mtu() == 1280);
    // It never makes it larger, and no datagram is cut.
    co_await tell(quoted, 1400);
    CHECK(path_mtu() == 1280);
    const std::error_code seen = co_await contract::error_of(
        contract::send_once(socket, payload_of(1300), Endpoint(peer6, 9)));
    CHECK(seen == std::errc::message_size);
    co_await sleep(10min);
    CHECK(path_mtu() == 1500);
  });
}

TEST_CASE("errors that quote too little, or nothing, are counted and harmless") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    const Packet whole =
        with_headers(datagram_packet(4000, 9, payload_of(4)), 60, "1100 0104 00000000");
    for (std::size_t size = 0; size < 56; ++size) {
      co_await send6(peer, icmp6_packet(peer6, machine6,
                                        icmp6_message({Icmp6Type::unreachable, 4, 0},
                                                      Bytes(whole).first(size))));
      if (size % 16 == 0) co_await sleep(1ms);
    }
    for (std::size_t size = 4; size < 8; ++size) {
      co_await send6(peer, icmp6_packet(peer6, machine6, Packet(size)));
    }
    co_await sleep(10ms);
    CHECK(machine.ip().icmp6_statistics().wrong == 56 + 4);
  });
}

TEST_CASE("packets that are not for this machine are dropped and counted") {
  with_peer6([](net::DirectHost& machine, RawPeer& peer) -> Task<void> {
    co_await introduce(peer);
    for (const char* destination : {"2001:db8::99", "::1", "::", "ff02::fb", "::ffff:192.0.2.1"}) {
      Packet packet = echo_packet(8, IpAddress::parse(destination));
      co_await peer.send(peer.machine_mac, EtherType::ipv6, packet);
    }
    const auto reply = co_await next_icmp6(peer, Icmp6Type::echo_reply);
    CHECK_FALSE(reply);
    CHECK(machine.ip().statistics6().wrong_addresses == 5);
  });
}
