#include "sundog/io/net/wire/icmp6.hpp"

#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net::wire {

std::optional<Icmp6Header> parse_icmp6(Bytes message) noexcept {
  if (message.size() < icmp6_header_bytes) return std::nullopt;
  return Icmp6Header{static_cast<Icmp6Type>(read_u8(message, 0)), read_u8(message, 1),
                     read_u32(message, 4)};
}

void write_icmp6(MutableBytes message, const Icmp6Header& header) noexcept {
  write_u8(message, 0, static_cast<std::uint8_t>(header.type));
  write_u8(message, 1, header.code);
  write_u16(message, icmp6_checksum_offset, 0);
  write_u32(message, 4, header.rest);
}

}  // namespace sundog::net::wire
