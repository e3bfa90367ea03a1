#include "sundog/io/net/wire/ethernet.hpp"

#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net::wire {

std::optional<EthernetHeader> parse_ethernet(Bytes frame) noexcept {
  if (frame.size() < frame_header_bytes) return std::nullopt;
  return EthernetHeader{read_mac(frame, 0), read_mac(frame, 6),
                        static_cast<EtherType>(read_u16(frame, 12))};
}

void write_ethernet(MutableBytes frame, const EthernetHeader& header) noexcept {
  write_mac(frame, 0, header.target);
  write_mac(frame, 6, header.source);
  write_u16(frame, 12, static_cast<std::uint16_t>(header.type));
}

MacAddress group_mac(const IpAddress& group) noexcept {
  const auto octets = group.bytes();
  if (group.is_v6()) {
    return MacAddress({0x33, 0x33, octets[12], octets[13], octets[14], octets[15]});
  }
  // Only 23 bits fit: 32 groups share an address.
  const auto second = static_cast<std::uint8_t>(octets[1] & 0x7f);
  return MacAddress({0x01, 0x00, 0x5e, second, octets[2], octets[3]});
}

}  // namespace sundog::net::wire
