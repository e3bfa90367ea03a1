// Packets: what simulated hosts say to each other, as IP packets on a wire, for those who look at a
// capture.
//
// The simulated network does not carry packets but what they stand for (network.hpp); these are
// made for a capture only, with sequence numbers that begin at 0 and right checksums.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"

namespace sundog::sim {

// RFC 9293 section 3.1: the control bits.
enum TcpFlags : std::uint8_t {
  tcp_fin = 0x01,
  tcp_syn = 0x02,
  tcp_rst = 0x04,
  tcp_psh = 0x08,
  tcp_ack = 0x10,
};

// What tcp_packet() writes (RFC 9293 section 3.1); `flags` is made of those above.
struct TcpHeader {
  Endpoint from;
  Endpoint to;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
};

// IPv4 (RFC 791) or IPv6 (RFC 8200), as the endpoints are, with TCP (RFC 9293), without options.
// The payload is at most 65495 bytes.
std::vector<std::byte> tcp_packet(const TcpHeader& header, Bytes payload);
// ... with UDP (RFC 768). The payload is at most 65507 bytes.
std::vector<std::byte> udp_packet(const Endpoint& from, const Endpoint& to, Bytes payload);

// An IP packet between these addresses in an Ethernet frame. The hardware addresses are made of
// their last two bytes: 02:00:00:00:00:07 for 10.0.0.7 and for 2001:db8::7.
std::vector<std::byte> ethernet_frame(const IpAddress& from, const IpAddress& to, Bytes packet);

}  // namespace sundog::sim
