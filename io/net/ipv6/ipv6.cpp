#include "sundog/io/net/ipv6/ipv6.hpp"

#include <utility>

#include "sundog/runtime/text/digits.hpp"

namespace sundog::net {
namespace {

// As who is on this machine must name it (RFC 4007): fe80::1%2
IpAddress in_zone_of(const Interface& interface, const IpAddress& address) noexcept {
  if (!address.is_link_local()) return address;
  return address.in_zone(Decimal(unsigned{interface.id()}));
}

}  // namespace

bool Ipv6::check_addresses(const Interface& interface, const wire::Ipv6Header& header,
                           bool& is_group) const noexcept {
  const IpAddress& source = header.source;
  const IpAddress& destination = header.destination;
  if (source.is_multicast() || destination.is_any()) return false;
  if (interface.link().is_loopback()) {
    is_group = false;
    return destination.is_loopback() || delivery_.is_own(destination);
  }
  // IPv4-mapped addresses are never sent (RFC 6890).
  if (source.is_loopback() || destination.is_loopback() || source.is_v4_mapped() ||
      destination.is_v4_mapped() || interface.has(source)) {
    return false;
  }
  is_group = destination.is_multicast();
  return is_group ? interface.is_joined(destination) : interface.has(destination);
}

void Ipv6::received(Interface& interface, ReceivedPacket packet, bool frame_is_group) noexcept {
  ++statistics_.received;
  const Bytes first = packet.first().subspan(frame_header_bytes);
  const auto header = wire::parse_ipv6(first, packet.size() - frame_header_bytes);
  if (!header) {
    ++statistics_.wrong_headers;
    return;
  }
  bool is_group = false;
  if (!check_addresses(interface, *header, is_group)) {
    ++statistics_.wrong_addresses;
    return;
  }
  Received what;
  what.source = in_zone_of(interface, header->source);
  what.destination = in_zone_of(interface, header->destination);
  what.interface = interface.id();
  what.hop_limit = header->hop_limit;
  what.traffic_class = header->traffic_class;
  what.is_group = is_group || frame_is_group;
  what.network_start = static_cast<std::uint16_t>(frame_header_bytes);
  what.transport_start = static_cast<std::uint32_t>(frame_header_bytes + ipv6_header_bytes);
  what.transport_bytes = header->payload_bytes;
  if (packet.offload().segmentation != Segmentation::none) {
    what.segment_bytes = packet.offload().segment_bytes;
  }
  delivery_.deliver(static_cast<ProtocolNumber>(header->next_header), what, std::move(packet));
}

void Ipv6::write_header(MutableBytes packet, const Route& route, const Sending& sending,
                        std::size_t transport_bytes) noexcept {
  wire::Ipv6Header header;
  header.traffic_class = sending.traffic_class;
  header.payload_bytes = static_cast<std::uint16_t>(transport_bytes);
  header.next_header = static_cast<std::uint8_t>(sending.protocol);
  header.hop_limit = sending.hop_limit;
  header.source = route.source;
  header.destination = route.destination;
  wire::write_ipv6(packet, header);
}

}  // namespace sundog::net
