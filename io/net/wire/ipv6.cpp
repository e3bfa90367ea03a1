#include "sundog/io/net/wire/ipv6.hpp"

#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net::wire {
namespace {

constexpr std::size_t header_bytes = 40;
constexpr std::uint32_t flow_label_bits = 0xfffff;

}  // namespace

std::optional<Ipv6Header> parse_quoted_ipv6(Bytes quoted) noexcept {
  if (quoted.size() < header_bytes || read_u8(quoted, 0) >> 4 != 6) return std::nullopt;
  const std::uint32_t first = read_u32(quoted, 0);
  Ipv6Header header;
  header.traffic_class = static_cast<std::uint8_t>(first >> 20 & 0xff);
  header.flow_label = first & flow_label_bits;
  header.payload_bytes = read_u16(quoted, 4);
  header.next_header = read_u8(quoted, 6);
  header.hop_limit = read_u8(quoted, 7);
  header.source = read_v6(quoted, 8);
  header.destination = read_v6(quoted, 24);
  return header;
}

std::optional<Ipv6Header> parse_ipv6(Bytes first, std::size_t available) noexcept {
  const auto header = parse_quoted_ipv6(first);
  if (!header || header_bytes + header->payload_bytes > available) return std::nullopt;
  return header;
}

void write_ipv6(MutableBytes packet, const Ipv6Header& header) noexcept {
  write_u32(packet, 0,
            std::uint32_t{6} << 28 | std::uint32_t{header.traffic_class} << 20 |
                (header.flow_label & flow_label_bits));
  write_u16(packet, 4, header.payload_bytes);
  write_u8(packet, 6, header.next_header);
  write_u8(packet, 7, header.hop_limit);
  write_address(packet, 8, header.source);
  write_address(packet, 24, header.destination);
}

}  // namespace sundog::net::wire
