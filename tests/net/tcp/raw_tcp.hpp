// TCP segments that a test writes and reads itself, for a RawPeer.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/tcp_segment.hpp"
#include "tests/net/raw_peer.hpp"

namespace sundog::test {

// From the peer to the machine, in an IPv4 packet.
inline Packet tcp_packet(const net::wire::TcpHeader& header, Bytes payload = {}) {
  Packet segment(net::wire::tcp_header_bytes(header));
  net::wire::write_tcp_header(header, segment);
  segment.insert(segment.end(), payload.begin(), payload.end());
  net::wire::InternetSum sum;
  sum.add_pseudo_header(peer_address, machine_address, 6, segment.size());
  sum.add(segment);
  net::wire::write_u16(segment, net::wire::tcp_checksum_offset, sum.checksum());
  return ipv4_packet(from_peer(net::ProtocolNumber::tcp), segment);
}

struct TcpSegment {
  net::wire::TcpHeader header;
  Packet payload;
};

// What an IPv4 packet carries, if that is TCP.
inline std::optional<TcpSegment> tcp_segment(const Packet& packet) {
  const auto ip = net::wire::parse_ipv4(packet, packet.size());
  if (!ip || ip->protocol != 6) return std::nullopt;
  const Bytes segment = Bytes(packet).subspan(net::ipv4_header_bytes);
  const auto parsed = net::wire::parse_tcp_header(segment);
  if (!parsed) return std::nullopt;
  net::wire::InternetSum sum;
  sum.add_pseudo_header(ip->source, ip->destination, 6, segment.size());
  sum.add(segment);
  CHECK(sum.checksum() == 0);
  const Bytes payload = segment.subspan(parsed->header_bytes);
  return TcpSegment{parsed->header, Packet(payload.begin(), payload.end())};
}

// The next TCP segment from the machine, or nothing when none comes for so long.
inline Task<std::optional<TcpSegment>> next_segment(
    RawPeer& peer, Duration within = std::chrono::milliseconds(100)) {
  for (;;) {
    const std::optional<Packet> packet = co_await peer.next_ipv4(within);
    if (!packet) co_return std::nullopt;
    std::optional<TcpSegment> segment = tcp_segment(*packet);
    if (segment) co_return std::move(segment);
  }
}

// A segment of a conversation from this port of the peer's.
inline net::wire::TcpHeader tcp_header(std::uint16_t from, std::uint16_t to, std::uint32_t sequence,
                                       std::uint32_t acknowledgement = 0) {
  net::wire::TcpHeader header;
  header.source_port = from;
  header.destination_port = to;
  header.sequence = net::wire::Sequence(sequence);
  header.acknowledgement = net::wire::Sequence(acknowledgement);
  header.flags.ack = acknowledgement != 0;
  header.window = 60'000;
  return header;
}

inline net::wire::TcpHeader syn_from(std::uint16_t from, std::uint16_t to, std::uint32_t sequence) {
  net::wire::TcpHeader header = tcp_header(from, to, sequence);
  header.flags.syn = true;
  header.options.segment_bytes_max = 1460;
  return header;
}

}  // namespace sundog::test
