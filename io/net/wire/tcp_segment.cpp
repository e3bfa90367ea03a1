#include "sundog/io/net/wire/tcp_segment.hpp"

#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net::wire {
namespace {

unsigned bits_of(const TcpFlags& flags) noexcept {
  return (flags.fin ? 0x01u : 0) | (flags.syn ? 0x02u : 0) | (flags.rst ? 0x04u : 0) |
         (flags.psh ? 0x08u : 0) | (flags.ack ? 0x10u : 0) | (flags.urg ? 0x20u : 0) |
         (flags.ece ? 0x40u : 0) | (flags.cwr ? 0x80u : 0);
}

TcpFlags flags_of(unsigned bits) noexcept {
  TcpFlags flags;
  flags.fin = (bits & 0x01) != 0;
  flags.syn = (bits & 0x02) != 0;
  flags.rst = (bits & 0x04) != 0;
  flags.psh = (bits & 0x08) != 0;
  flags.ack = (bits & 0x10) != 0;
  flags.urg = (bits & 0x20) != 0;
  flags.ece = (bits & 0x40) != 0;
  flags.cwr = (bits & 0x80) != 0;
  return flags;
}

}  // namespace

std::size_t tcp_header_bytes(const TcpHeader& header) noexcept {
  return tcp_header_bytes_min + tcp_options_bytes(header.options);
}

void write_tcp_header(const TcpHeader& header, MutableBytes to) noexcept {
  const std::size_t size = tcp_header_bytes(header);
  write_u16(to, 0, header.source_port);
  write_u16(to, 2, header.destination_port);
  write_u32(to, 4, header.sequence.number());
  write_u32(to, 8, header.acknowledgement.number());
  to[12] = static_cast<std::byte>(size / 4 << 4);
  to[13] = static_cast<std::byte>(bits_of(header.flags));
  write_u16(to, 14, header.window);
  write_u16(to, tcp_checksum_offset, 0);
  write_u16(to, 18, header.urgent);
  write_tcp_options(header.options, to.subspan(tcp_header_bytes_min));
}

std::optional<ParsedTcpHeader> parse_tcp_header(Bytes bytes) noexcept {
  if (bytes.size() < tcp_header_bytes_min) return std::nullopt;
  const std::size_t size = std::to_integer<std::size_t>(bytes[12]) / 16 * 4;
  if (size < tcp_header_bytes_min || size > bytes.size()) return std::nullopt;
  ParsedTcpHeader parsed;
  parsed.header_bytes = size;
  TcpHeader& header = parsed.header;
  header.source_port = read_u16(bytes, 0);
  header.destination_port = read_u16(bytes, 2);
  header.sequence = Sequence(read_u32(bytes, 4));
  header.flags = flags_of(std::to_integer<unsigned>(bytes[13]));
  // What a flag does not vouch for means nothing.
  if (header.flags.ack) header.acknowledgement = Sequence(read_u32(bytes, 8));
  header.window = read_u16(bytes, 14);
  if (header.flags.urg) header.urgent = read_u16(bytes, 18);
  header.options =
      parse_tcp_options(bytes.subspan(tcp_header_bytes_min, size - tcp_header_bytes_min));
  return parsed;
}

}  // namespace sundog::net::wire
