#include "sundog/io/net/ipv6/ipv6.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sundog/io/net/interface/pieces.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog::net {
namespace {

using End = wire::Extensions::End;

constexpr std::size_t pieces_max = 48;
constexpr std::size_t payload_length_place = 4;
// In a fragment's header.
constexpr std::size_t offset_place = 2;
// Of a fragment's payload, except the last one's.
constexpr std::size_t fragment_unit = 8;

wire::Ipv6Header header_of(const Route& route, const Sending& sending,
                           std::size_t payload_bytes) noexcept {
  wire::Ipv6Header header;
  header.traffic_class = sending.traffic_class;
  header.payload_bytes = static_cast<std::uint16_t>(payload_bytes);
  header.next_header = static_cast<std::uint8_t>(sending.protocol);
  header.hop_limit = sending.hop_limit != 0 ? sending.hop_limit : route.hop_limit;
  header.source = route.source;
  header.destination = route.destination;
  return header;
}

// How much of a transport's header a first fragment must have (RFC 7112 section 5).
std::size_t transport_header_bytes(std::uint8_t protocol) noexcept {
  constexpr std::size_t tcp = 20;
  constexpr std::size_t others = 8;
  switch (static_cast<ProtocolNumber>(protocol)) {
    case ProtocolNumber::tcp:
      return tcp;
    case ProtocolNumber::udp:
    case ProtocolNumber::icmp6:
      return others;
    default:
      return 0;
  }
}

// Takes the fragment header out of a packet that was put together: the other headers of `headers`
// bytes move up to what follows.
void remove_fragment_header(MutableBytes packet, std::size_t headers) noexcept {
  const wire::Extensions chain = wire::follow_extensions(packet.first(headers));
  const std::size_t kept = headers - wire::fragment_header_bytes;
  std::copy_backward(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(kept),
                     packet.begin() + static_cast<std::ptrdiff_t>(headers));
  const MutableBytes whole = packet.subspan(wire::fragment_header_bytes);
  wire::write_u8(whole, chain.fragment_named_at, chain.protocol);
  wire::write_u16(whole, payload_length_place,
                  static_cast<unsigned>(whole.size() - ipv6_header_bytes));
}

}  // namespace

Ipv6::Ipv6(Ticks& ticks, RandomSource& random, Delivery& delivery,
           IpStatistics& statistics) noexcept
    : random_(random),
      delivery_(delivery),
      statistics_(statistics),
      reassembly_(ticks, &delivery) {}

IpAddress Ipv6::in_zone_of(const Interface& interface, const IpAddress& address) const noexcept {
  if (!address.may_have_zone()) return address;
  // On the loopback there are the addresses of all zones.
  if (interface.link().is_loopback()) return delivery_.in_numbered_zone(address);
  return address.in_zone(Decimal(unsigned{interface.id()}));
}

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
  if (is_group) return interface.is_joined(destination);
  // Who has no address yet can be answered by nobody.
  return !source.is_any() && interface.has(destination);
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
  const std::size_t packet_bytes = ipv6_header_bytes + header->payload_bytes;
  const wire::Extensions chain =
      wire::follow_extensions(first.first(std::min(first.size(), packet_bytes)));
  Received what;
  what.source = in_zone_of(interface, header->source);
  what.destination = in_zone_of(interface, header->destination);
  what.interface = interface.id();
  what.hop_limit = header->hop_limit;
  what.traffic_class = header->traffic_class;
  what.is_group = is_group || frame_is_group;
  what.was_fragmented = chain.fragment.has_value();
  what.network_start = static_cast<std::uint16_t>(frame_header_bytes);
  what.transport_start = static_cast<std::uint32_t>(frame_header_bytes + chain.start);
  what.transport_bytes = static_cast<std::uint32_t>(packet_bytes - chain.start);
  if (packet.offload().segmentation != Segmentation::none) {
    what.segment_bytes = packet.offload().segment_bytes;
  }
  if (chain.end == End::fragment) {
    take_fragment(chain, what, packet);
  } else {
    deliver(chain, what, std::move(packet));
  }
}

void Ipv6::deliver(const wire::Extensions& chain, Received& what, ReceivedPacket packet) noexcept {
  switch (chain.end) {
    case End::transport:
      // Without an address only the link's own matters are spoken of.
      if (what.source.is_any() &&
          chain.protocol != static_cast<std::uint8_t>(ProtocolNumber::icmp6)) {
        ++statistics_.wrong_addresses;
        return;
      }
      return delivery_.deliver(static_cast<ProtocolNumber>(chain.protocol), what,
                               std::move(packet));
    case End::problem:
      ++statistics_.wrong_headers;
      return delivery_.header_problem(what, packet, static_cast<wire::Icmp6Problem>(chain.code),
                                      chain.pointer, chain.tell_of_groups);
    case End::fragment:
    case End::cut_off:
    case End::nothing:
      ++statistics_.wrong_headers;
      return;
  }
}

// --- fragments ---

bool Ipv6::check_fragment(const wire::Extensions& chain, const Received& what,
                          const ReceivedPacket& packet) noexcept {
  const wire::FragmentHeader& fragment = *chain.fragment;
  const auto refuse = [&](wire::Icmp6Problem code, std::size_t pointer) {
    ++statistics_.wrong_headers;
    delivery_.header_problem(what, packet, code, pointer, false);
    return false;
  };
  if (fragment.more_fragments && what.transport_bytes % fragment_unit != 0) {
    return refuse(wire::Icmp6Problem::field, payload_length_place);
  }
  const std::size_t unfragmented = chain.start - wire::fragment_header_bytes - ipv6_header_bytes;
  if (unfragmented + fragment.offset + what.transport_bytes > ip_packet_bytes_max) {
    return refuse(wire::Icmp6Problem::field,
                  chain.start - wire::fragment_header_bytes + offset_place);
  }
  if (fragment.offset != 0) return true;
  const Bytes first = packet.first().subspan(what.network_start);
  const std::size_t bytes = chain.start + what.transport_bytes;
  const wire::Extensions inner =
      wire::follow_extensions(first.first(std::min(first.size(), bytes)), true);
  const bool has_transport =
      inner.end == End::transport && bytes - inner.start >= transport_header_bytes(inner.protocol);
  if (inner.end == End::cut_off || (inner.end == End::transport && !has_transport)) {
    return refuse(wire::Icmp6Problem::headers_not_in_first_fragment, 0);
  }
  return true;
}

void Ipv6::take_fragment(const wire::Extensions& chain, Received& what,
                         const ReceivedPacket& packet) noexcept {
  if (!check_fragment(chain, what, packet)) return;
  Fragment fragment;
  fragment.source = what.source;
  fragment.destination = what.destination;
  fragment.interface = what.interface;
  fragment.is_group = what.is_group;
  fragment.identification = chain.fragment->identification;
  fragment.offset = chain.fragment->offset;
  fragment.more_follow = chain.fragment->more_fragments;
  fragment.header_start = what.network_start;
  fragment.start = what.transport_start;
  fragment.bytes = what.transport_bytes;
  // The fixed header does not count, nor will the fragment's.
  fragment.packet_bytes_max = ip_packet_bytes_max + ipv6_header_bytes + wire::fragment_header_bytes;
  std::size_t headers = 0;
  ReceivedPacket whole = reassembly_.add(fragment, packet, headers);
  if (!whole) return;
  remove_fragment_header(whole.first(), headers);
  const wire::Extensions inner =
      wire::follow_extensions(whole.first().subspan(wire::fragment_header_bytes));
  what.segment_bytes = 0;
  what.network_start = static_cast<std::uint16_t>(wire::fragment_header_bytes);
  what.transport_start = static_cast<std::uint32_t>(wire::fragment_header_bytes + inner.start);
  what.transport_bytes = static_cast<std::uint32_t>(whole.size() - what.transport_start);
  deliver(inner, what, std::move(whole));
}

// --- sending ---

void Ipv6::write_header(MutableBytes packet, const Route& route, const Sending& sending,
                        std::size_t transport_bytes) noexcept {
  wire::write_ipv6(packet, header_of(route, sending, transport_bytes));
}

bool Ipv6::try_send_fragments(Interface& interface, const Route& route,
                              std::span<const Bytes> pieces, const Sending& sending) noexcept {
  constexpr std::size_t headers = ipv6_header_bytes + wire::fragment_header_bytes;
  const std::size_t bytes = total_bytes(pieces);
  const std::size_t each = (route.mtu - headers) / fragment_unit * fragment_unit;
  const std::size_t count = (bytes + each - 1) / each;
  // All of them or none: what has no room in the device waits.
  if (interface.waiting_bytes_left() < bytes + count * (frame_header_bytes + headers)) return false;
  wire::FragmentHeader fragment;
  fragment.next_header = static_cast<std::uint8_t>(sending.protocol);
  fragment.identification = random_.number<std::uint32_t>();
  ++statistics_.cut;
  for (std::size_t offset = 0; offset < bytes; offset += each) {
    const std::size_t size = std::min(each, bytes - offset);
    fragment.offset = static_cast<std::uint16_t>(offset);
    fragment.more_fragments = offset + size < bytes;
    wire::Ipv6Header header = header_of(route, sending, wire::fragment_header_bytes + size);
    header.next_header = static_cast<std::uint8_t>(wire::NextHeader::fragment);
    std::array<std::byte, headers> written{};
    wire::write_ipv6(written, header);
    wire::write_fragment_header(std::span(written).subspan(ipv6_header_bytes), fragment);
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
