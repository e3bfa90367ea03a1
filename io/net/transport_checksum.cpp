#include "sundog/io/net/transport_checksum.hpp"

#include <algorithm>

#include "sundog/io/net/interface/pieces.hpp"
#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net {
namespace {

constexpr std::size_t udp_length_offset = 4;

void add_pseudo_header(wire::InternetSum& sum, const IpAddress& source,
                       const IpAddress& destination, ProtocolNumber protocol,
                       std::size_t bytes) noexcept {
  if (protocol == ProtocolNumber::icmp4 || protocol == ProtocolNumber::igmp) return;
  sum.add_pseudo_header(source, destination, static_cast<std::uint8_t>(protocol), bytes);
}

// UDP's 0 says that there is no checksum.
std::uint16_t as_sent(std::uint16_t checksum, ProtocolNumber protocol) noexcept {
  return checksum == 0 && protocol == ProtocolNumber::udp ? std::uint16_t{0xffff} : checksum;
}

}  // namespace

PacketOffload finish_checksum(const Route& route, MutableBytes frame, std::size_t transport_start,
                              std::span<const Bytes> payload, const Sending& sending) noexcept {
  PacketOffload offload;
  if (sending.checksum_offset == Sending::no_checksum) return offload;
  const MutableBytes transport = frame.subspan(transport_start);
  const std::size_t bytes = transport.size() + total_bytes(payload);
  wire::InternetSum sum;
  add_pseudo_header(sum, route.source, route.destination, sending.protocol, bytes);
  const bool device_sums =
      (sending.protocol == ProtocolNumber::tcp || sending.protocol == ProtocolNumber::udp) &&
      (route.source.is_v4() ? route.offloads.checksum4 : route.offloads.checksum6);
  if (sending.segment_bytes != 0 || device_sums) {
    wire::write_u16(transport, sending.checksum_offset, sum.folded());
    offload.checksum = Checksum::partial;
    offload.checksum_start = static_cast<std::uint16_t>(transport_start);
    offload.checksum_offset = sending.checksum_offset;
    if (sending.segment_bytes != 0) {
      offload.segmentation = route.segmentation(sending.protocol);
      offload.segment_bytes = sending.segment_bytes;
      offload.header_bytes =
          static_cast<std::uint16_t>(transport_start + sending.transport_header_bytes);
    }
    return offload;
  }
  wire::write_u16(transport, sending.checksum_offset, 0);
  sum.add(transport);
  for (const Bytes piece : payload) sum.add(piece);
  wire::write_u16(transport, sending.checksum_offset, as_sent(sum.checksum(), sending.protocol));
  return offload;
}

std::uint16_t checksum_of(const Route& route, std::span<const Bytes> pieces,
                          const Sending& sending) noexcept {
  wire::InternetSum sum;
  add_pseudo_header(sum, route.source, route.destination, sending.protocol, total_bytes(pieces));
  sum.add(pieces.front().first(sending.checksum_offset));
  sum.add(pieces.front().subspan(sending.checksum_offset + std::size_t{2}));
  for (const Bytes piece : pieces.subspan(1)) sum.add(piece);
  return as_sent(sum.checksum(), sending.protocol);
}

bool is_checksum_right(const Received& what, const ReceivedPacket& packet, ProtocolNumber protocol,
                       std::uint16_t checksum_offset) noexcept {
  if (packet.offload().checksum != Checksum::complete) return true;
  if (what.header.size() < std::size_t{checksum_offset} + 2) return false;
  if (protocol == ProtocolNumber::udp && what.source.is_v4() &&
      wire::read_u16(what.header, checksum_offset) == 0) {
    return true;
  }
  // A datagram may be shorter than the packet that it is in.
  std::size_t left = what.transport_bytes;
  if (protocol == ProtocolNumber::udp) {
    left = std::min<std::size_t>(left, wire::read_u16(what.header, udp_length_offset));
  }
  wire::InternetSum sum;
  add_pseudo_header(sum, what.source, what.destination, protocol, left);
  std::size_t skip = what.transport_start;
  packet.for_each_piece([&](Bytes piece) {
    const std::size_t skipped = std::min(skip, piece.size());
    const std::size_t counted = std::min(left, piece.size() - skipped);
    sum.add(piece.subspan(skipped, counted));
    skip -= skipped;
    left -= counted;
  });
  return sum.checksum() == 0;
}

}  // namespace sundog::net
