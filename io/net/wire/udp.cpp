#include "sundog/io/net/wire/udp.hpp"

#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net::wire {

std::optional<UdpHeader> parse_udp(Bytes first, std::size_t available) noexcept {
  if (first.size() < udp_header_bytes) return std::nullopt;
  const UdpHeader header{read_u16(first, 0), read_u16(first, 2), read_u16(first, 4),
                         read_u16(first, 6)};
  if (header.total_bytes < udp_header_bytes || header.total_bytes > available) return std::nullopt;
  return header;
}

void write_udp(MutableBytes datagram, const UdpHeader& header) noexcept {
  write_u16(datagram, 0, header.source_port);
  write_u16(datagram, 2, header.destination_port);
  write_u16(datagram, 4, header.total_bytes);
  write_u16(datagram, 6, header.checksum);
}

}  // namespace sundog::net::wire
