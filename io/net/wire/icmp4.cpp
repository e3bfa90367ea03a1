#include "sundog/io/net/wire/icmp4.hpp"

#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net::wire {

std::optional<Icmp4Header> parse_icmp4(Bytes message) noexcept {
  if (message.size() < icmp4_header_bytes) return std::nullopt;
  return Icmp4Header{static_cast<Icmp4Type>(read_u8(message, 0)), read_u8(message, 1),
                     read_u32(message, 4)};
}

void write_icmp4(MutableBytes message, const Icmp4Header& header) noexcept {
  write_u8(message, 0, static_cast<std::uint8_t>(header.type));
  write_u8(message, 1, header.code);
  write_u16(message, 2, 0);
  write_u32(message, 4, header.rest);
}

bool is_icmp4_error(Icmp4Type type) noexcept {
  constexpr auto source_quench = static_cast<Icmp4Type>(4);
  constexpr auto redirect = static_cast<Icmp4Type>(5);
  return type == Icmp4Type::unreachable || type == source_quench || type == redirect ||
         type == Icmp4Type::time_exceeded || type == Icmp4Type::parameter_problem;
}

}  // namespace sundog::net::wire
