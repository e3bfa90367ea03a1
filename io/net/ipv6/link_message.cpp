#include "sundog/io/net/ipv6/link_message.hpp"

#include <algorithm>
#include <utility>

#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/ethernet.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/icmp6.hpp"
#include "sundog/io/net/wire/ipv6.hpp"
#include "sundog/io/net/wire/ipv6_extensions.hpp"

namespace sundog::net {

void send_link_message(Interface& interface, const LinkAddressing& addressing,
                       Bytes message) noexcept {
  constexpr auto icmp6 = static_cast<std::uint8_t>(ProtocolNumber::icmp6);
  const std::size_t extension = addressing.router_alert ? wire::router_alert_bytes : 0;
  const std::size_t start = frame_header_bytes + ipv6_header_bytes + extension;
  TransmitBuffer frame = interface.try_buffer(start + message.size());
  if (!frame) return;
  const MutableBytes packet = frame.bytes().subspan(frame_header_bytes);
  wire::Ipv6Header header;
  header.payload_bytes = static_cast<std::uint16_t>(extension + message.size());
  header.next_header =
      addressing.router_alert ? static_cast<std::uint8_t>(wire::NextHeader::hop_by_hop) : icmp6;
  header.hop_limit = addressing.hop_limit;
  header.source = addressing.source;
  header.destination = addressing.destination;
  wire::write_ipv6(packet, header);
  if (addressing.router_alert) {
    wire::write_router_alert(packet.subspan(ipv6_header_bytes), icmp6);
  }
  const MutableBytes copy = frame.bytes().subspan(start);
  std::ranges::copy(message, copy.begin());
  wire::write_u16(copy, wire::icmp6_checksum_offset, 0);
  wire::InternetSum sum;
  sum.add_pseudo_header(addressing.source, addressing.destination, icmp6, message.size());
  sum.add(copy);
  wire::write_u16(copy, wire::icmp6_checksum_offset, sum.checksum());
  if (addressing.target) {
    interface.transmit(*addressing.target, wire::EtherType::ipv6, std::move(frame), nullptr,
                       PacketOffload());
  } else {
    interface.send(addressing.destination, addressing.destination.is_multicast(), std::move(frame),
                   nullptr, PacketOffload());
  }
}

}  // namespace sundog::net
