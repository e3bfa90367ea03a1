#include "sundog/io/net/ipv4/ipv4.hpp"

#include <algorithm>
#include <utility>

#include "sundog/io/net/interface/pieces.hpp"

namespace sundog::net {
namespace {

constexpr std::size_t pieces_max = 48;
// Of the payload of a fragment, except the last.
constexpr std::size_t fragment_unit = 8;

wire::Ipv4Header header_of(const Route& route, const Sending& sending,
                           std::size_t transport_bytes) noexcept {
  wire::Ipv4Header header;
  header.traffic_class = sending.traffic_class;
  header.total_bytes = static_cast<std::uint16_t>(ipv4_header_bytes + transport_bytes);
  header.dont_fragment = sending.dont_fragment;
  header.hop_limit = sending.hop_limit != 0 ? sending.hop_limit : route.hop_limit;
  header.protocol = static_cast<std::uint8_t>(sending.protocol);
  header.source = route.source;
  header.destination = route.destination;
  return header;
}

}  // namespace

Ipv4::Ipv4(Ticks& ticks, RandomSource& random, Delivery& delivery,
           IpStatistics& statistics) noexcept
    : random_(random), delivery_(delivery), statistics_(statistics), reassembly_(ticks, &delivery) {
  random_.fill(std::as_writable_bytes(std::span(identifications_)));
}

bool Ipv4::check_addresses(const Interface& interface, const wire::Ipv4Header& header,
                           bool frame_is_group, bool& is_group) const noexcept {
  const IpAddress& source = header.source;
  const IpAddress& destination = header.destination;
  // Nobody sends from these, except that who has no address yet asks all for one (RFC 1122 section
  // 3.2.1.3).
  const bool asks_for_address =
      source.is_any() && destination == IpAddress::v4({255, 255, 255, 255});
  if (source.is_any() && !asks_for_address) return false;
  if (source.is_multicast() || interface.is_broadcast(source)) return false;
  if (interface.link().is_loopback()) {
    is_group = false;
    return destination.is_loopback() || delivery_.is_own(destination);
  }
  if (source.is_loopback() || destination.is_loopback() || interface.find(source) != nullptr) {
    return false;
  }
  is_group = interface.is_broadcast(destination) ||
             (destination.is_multicast() && interface.is_joined(destination));
  // A packet for one machine in a frame for all would be answered by all of them (RFC 1122 section
  // 3.3.6).
  return is_group || (!frame_is_group && interface.has(destination));
}

void Ipv4::received(Interface& interface, ReceivedPacket packet, bool frame_is_group) noexcept {
  ++statistics_.received;
  const Bytes first = packet.first().subspan(frame_header_bytes);
  const auto header = wire::parse_ipv4(first, packet.size() - frame_header_bytes);
  if (!header || wire::has_source_route(first, *header)) {
    ++statistics_.wrong_headers;
    return;
  }
  bool is_group = false;
  if (!check_addresses(interface, *header, frame_is_group, is_group)) {
    ++statistics_.wrong_addresses;
    return;
  }
  Received what;
  what.source = header->source;
  what.destination = header->destination;
  what.interface = interface.id();
  what.hop_limit = header->hop_limit;
  what.traffic_class = header->traffic_class;
  what.is_group = is_group || frame_is_group;
  what.network_start = static_cast<std::uint16_t>(frame_header_bytes);
  what.transport_start = static_cast<std::uint32_t>(frame_header_bytes + header->header_bytes);
  what.transport_bytes = static_cast<std::uint32_t>(header->payload_bytes());
  if (header->is_fragment()) {
    Fragment fragment;
    fragment.source = header->source;
    fragment.destination = header->destination;
    fragment.interface = interface.id();
    fragment.is_group = what.is_group;
    fragment.identification = header->identification;
    fragment.protocol = header->protocol;
    fragment.offset = header->fragment_offset;
    fragment.more_follow = header->more_fragments;
    fragment.header_start = frame_header_bytes;
    fragment.start = what.transport_start;
    fragment.bytes = what.transport_bytes;
    std::size_t header_bytes = 0;
    packet = reassembly_.add(fragment, packet, header_bytes);
    if (!packet) return;
    what.network_start = 0;
    what.transport_start = static_cast<std::uint32_t>(header_bytes);
    what.transport_bytes = static_cast<std::uint32_t>(packet.size() - header_bytes);
  } else if (packet.offload().segmentation != Segmentation::none) {
    what.segment_bytes = packet.offload().segment_bytes;
  }
  delivery_.deliver(static_cast<ProtocolNumber>(header->protocol), what, std::move(packet));
}

std::uint16_t Ipv4::identification(const IpAddress& destination) noexcept {
  std::size_t hash = 0;
  for (const std::uint8_t octet : destination.bytes()) hash = hash * 31 + octet;
  std::uint16_t& counter = identifications_[hash % identifications_.size()];
  constexpr std::uint32_t steps = 8;
  counter = static_cast<std::uint16_t>(counter + 1 + random_.below(steps));
  return counter;
}

void Ipv4::write_header(MutableBytes packet, const Route& route, const Sending& sending,
                        std::size_t transport_bytes) noexcept {
  wire::Ipv4Header header = header_of(route, sending, transport_bytes);
  // What is never cut needs none.
  if (!sending.dont_fragment || sending.segment_bytes != 0) {
    header.identification = identification(route.destination);
  }
  wire::write_ipv4(packet, header);
}

bool Ipv4::try_send_fragments(Interface& interface, const Route& route,
                              std::span<const Bytes> pieces, const Sending& sending) noexcept {
  const std::size_t bytes = total_bytes(pieces);
  const std::size_t each = (route.mtu - ipv4_header_bytes) / fragment_unit * fragment_unit;
  const std::size_t count = (bytes + each - 1) / each;
  // All of them or none: what has no room in the device waits.
  if (interface.waiting_bytes_left() < bytes + count * (frame_header_bytes + ipv4_header_bytes)) {
    return false;
  }
  wire::Ipv4Header header = header_of(route, sending, 0);
  header.identification = identification(route.destination);
  ++statistics_.cut;
  for (std::size_t offset = 0; offset < bytes; offset += each) {
    const std::size_t size = std::min(each, bytes - offset);
    header.total_bytes = static_cast<std::uint16_t>(ipv4_header_bytes + size);
    header.fragment_offset = static_cast<std::uint16_t>(offset);
    header.more_fragments = offset + size < bytes;
    std::array<std::byte, ipv4_header_bytes> written{};
    wire::write_ipv4(written, header);
    std::array<Bytes, pieces_max> part;
    part[0] = written;
    const std::size_t used = cut(pieces, offset, size, part);
    ++statistics_.fragments_sent;
    interface.send_copy(route.next_hop, route.is_group, std::span(part).first(used),
                        PacketOffload());
  }
  return true;
}

}  // namespace sundog::net
