#include "sundog/io/sim/packet.hpp"

#include <utility>

namespace sundog::sim {
namespace {

constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t protocol_udp = 17;
constexpr std::uint8_t hops_max = 64;

// Writes numbers in network order.
class Writer {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void u16(std::uint16_t value) {
    u8(static_cast<std::uint8_t>(value >> 8));
    u8(static_cast<std::uint8_t>(value));
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(value));
  }
  void append(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void address(const IpAddress& address) { append(std::as_bytes(address.bytes())); }
  void put_u16(std::size_t offset, std::uint16_t value) {
    bytes_[offset] = static_cast<std::byte>(value >> 8);
    bytes_[offset + 1] = static_cast<std::byte>(value);
  }
  Bytes bytes() const noexcept { return bytes_; }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

// RFC 1071: the one's complement of the one's complement sum of 16-bit words.
std::uint16_t checksum(Bytes bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += std::to_integer<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(~sum);
}

// Of a segment together with its pseudo header (RFC 9293 section 3.1, RFC 768; the fields of that
// of IPv6 are wider and add up to the same: RFC 8200 section 8.1).
std::uint16_t transport_checksum(const Endpoint& from, const Endpoint& to, std::uint8_t protocol,
                                 Bytes segment) {
  Writer whole;
  whole.address(from.address());
  whole.address(to.address());
  whole.u16(protocol);
  whole.u16(static_cast<std::uint16_t>(segment.size()));
  whole.append(segment);
  return checksum(whole.bytes());
}

std::vector<std::byte> ipv6_packet(const IpAddress& from, const IpAddress& to,
                                   std::uint8_t protocol, Bytes segment) {
  Writer packet;
  packet.u32(0x60000000);  // version 6, no traffic class, no flow label
  packet.u16(static_cast<std::uint16_t>(segment.size()));
  packet.u8(protocol);
  packet.u8(hops_max);
  packet.address(from);
  packet.address(to);
  packet.append(segment);
  return packet.take();
}

std::vector<std::byte> ipv4_packet(const IpAddress& from, const IpAddress& to,
                                   std::uint8_t protocol, Bytes segment) {
  constexpr std::size_t header_bytes = 20;
  constexpr std::size_t checksum_offset = 10;
  Writer packet;
  packet.u8(0x45);  // version 4, five words of header
  packet.u8(0);
  packet.u16(static_cast<std::uint16_t>(header_bytes + segment.size()));
  packet.u16(0);
  packet.u16(0x4000);  // not to be fragmented
  packet.u8(hops_max);
  packet.u8(protocol);
  packet.u16(0);
  packet.address(from);
  packet.address(to);
  packet.put_u16(checksum_offset, checksum(packet.bytes()));
  packet.append(segment);
  return packet.take();
}

std::vector<std::byte> ip_packet(const Endpoint& from, const Endpoint& to, std::uint8_t protocol,
                                 Bytes segment) {
  const auto make = from.address().is_v4() ? ipv4_packet : ipv6_packet;
  return make(from.address(), to.address(), protocol, segment);
}

}  // namespace

std::vector<std::byte> tcp_packet(const TcpHeader& header, Bytes payload) {
  constexpr std::size_t checksum_offset = 16;
  Writer segment;
  segment.u16(header.from.port());
  segment.u16(header.to.port());
  segment.u32(header.sequence);
  segment.u32(header.acknowledgement);
  segment.u8(0x50);  // five words of header
  segment.u8(header.flags);
  segment.u16(header.window);
  segment.u16(0);
  segment.u16(0);
  segment.append(payload);
  segment.put_u16(checksum_offset,
                  transport_checksum(header.from, header.to, protocol_tcp, segment.bytes()));
  return ip_packet(header.from, header.to, protocol_tcp, segment.bytes());
}

std::vector<std::byte> udp_packet(const Endpoint& from, const Endpoint& to, Bytes payload) {
  constexpr std::size_t header_bytes = 8;
  constexpr std::size_t checksum_offset = 6;
  Writer segment;
  segment.u16(from.port());
  segment.u16(to.port());
  segment.u16(static_cast<std::uint16_t>(header_bytes + payload.size()));
  segment.u16(0);
  segment.append(payload);
  const std::uint16_t sum = transport_checksum(from, to, protocol_udp, segment.bytes());
  // All zero would mean that there is none.
  segment.put_u16(checksum_offset, sum == 0 ? 0xffff : sum);
  return ip_packet(from, to, protocol_udp, segment.bytes());
}

std::vector<std::byte> ethernet_frame(const IpAddress& from, const IpAddress& to, Bytes packet) {
  constexpr std::uint16_t type_ipv4 = 0x0800;
  constexpr std::uint16_t type_ipv6 = 0x86dd;
  Writer frame;
  for (const IpAddress& address : {to, from}) {
    frame.u16(0x0200);  // locally administered
    frame.u16(0);
    frame.append(std::as_bytes(address.bytes().last(2)));
  }
  frame.u16(from.is_v4() ? type_ipv4 : type_ipv6);
  frame.append(packet);
  return frame.take();
}

}  // namespace sundog::sim
