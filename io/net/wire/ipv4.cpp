#include "sundog/io/net/wire/ipv4.hpp"

#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net::wire {
namespace {

constexpr std::size_t shortest_header = 20;
constexpr unsigned dont_fragment_bit = 0x4000;
constexpr unsigned more_fragments_bit = 0x2000;
constexpr unsigned offset_bits = 0x1fff;

constexpr unsigned option_end = 0;
constexpr unsigned option_nothing = 1;
constexpr unsigned option_loose_route = 131;
constexpr unsigned option_strict_route = 137;

}  // namespace

std::optional<Ipv4Header> parse_quoted_ipv4(Bytes quoted) noexcept {
  if (quoted.size() < shortest_header || read_u8(quoted, 0) >> 4 != 4) return std::nullopt;
  Ipv4Header header;
  header.header_bytes = static_cast<std::uint8_t>((read_u8(quoted, 0) & 0xf) * 4);
  if (header.header_bytes < shortest_header || header.header_bytes > quoted.size()) {
    return std::nullopt;
  }
  header.traffic_class = read_u8(quoted, 1);
  header.total_bytes = read_u16(quoted, 2);
  if (header.total_bytes < header.header_bytes) return std::nullopt;
  header.identification = read_u16(quoted, 4);
  const unsigned fragment = read_u16(quoted, 6);
  header.dont_fragment = (fragment & dont_fragment_bit) != 0;
  header.more_fragments = (fragment & more_fragments_bit) != 0;
  header.fragment_offset = static_cast<std::uint16_t>((fragment & offset_bits) * 8);
  header.hop_limit = read_u8(quoted, 8);
  header.protocol = read_u8(quoted, 9);
  header.source = read_v4(quoted, 12);
  header.destination = read_v4(quoted, 16);
  return header;
}

std::optional<Ipv4Header> parse_ipv4(Bytes first, std::size_t available) noexcept {
  const auto header = parse_quoted_ipv4(first);
  if (!header || header->total_bytes > available) return std::nullopt;
  if (internet_checksum(first.first(header->header_bytes)) != 0) return std::nullopt;
  return header;
}

void write_ipv4(MutableBytes packet, const Ipv4Header& header) noexcept {
  write_u8(packet, 0, 4 << 4 | shortest_header / 4);
  write_u8(packet, 1, header.traffic_class);
  write_u16(packet, 2, header.total_bytes);
  write_u16(packet, 4, header.identification);
  write_u16(packet, 6,
            (header.dont_fragment ? dont_fragment_bit : 0) |
                (header.more_fragments ? more_fragments_bit : 0) | header.fragment_offset / 8u);
  write_u8(packet, 8, header.hop_limit);
  write_u8(packet, 9, header.protocol);
  write_u16(packet, 10, 0);
  write_address(packet, 12, header.source);
  write_address(packet, 16, header.destination);
  write_u16(packet, 10, internet_checksum(packet.first(shortest_header)));
}

bool has_source_route(Bytes first, const Ipv4Header& header) noexcept {
  const Bytes options = first.first(header.header_bytes).subspan(shortest_header);
  for (std::size_t at = 0; at < options.size();) {
    const unsigned kind = read_u8(options, at);
    if (kind == option_end) return false;
    if (kind == option_loose_route || kind == option_strict_route) return true;
    if (kind == option_nothing) {
      ++at;
      continue;
    }
    // An option that has no length, or none that makes sense, ends what can be read.
    if (at + 1 == options.size() || read_u8(options, at + 1) < 2) return false;
    at += read_u8(options, at + 1);
  }
  return false;
}

}  // namespace sundog::net::wire
