// TcpHeader: the header of a TCP segment (RFC 9293 section 3.1) with its options, as a value, and
// how it is read and written. The checksum is the business of who knows the pseudo header
// (io/net/ip.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"
#include "sundog/io/net/wire/tcp_options.hpp"
#include "sundog/io/net/wire/tcp_sequence.hpp"

namespace sundog::net::wire {

inline constexpr std::size_t tcp_header_bytes_min = 20;
inline constexpr std::size_t tcp_header_bytes_max = tcp_header_bytes_min + TcpOptions::bytes_max;
inline constexpr std::uint16_t tcp_checksum_offset = 16;

struct TcpFlags {
  bool fin = false;
  bool syn = false;
  bool rst = false;
  bool psh = false;
  bool ack = false;
  bool urg = false;
  bool ece = false;
  bool cwr = false;

  bool operator==(const TcpFlags&) const = default;
};

struct TcpHeader {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Sequence sequence;
  Sequence acknowledgement;  // 0 without the flag ACK
  TcpFlags flags;
  std::uint16_t window = 0;  // as it stands there, not scaled
  std::uint16_t urgent = 0;  // 0 without the flag URG
  TcpOptions options;

  bool operator==(const TcpHeader&) const = default;
};

// A header that was read, and where the payload begins behind it.
struct ParsedTcpHeader {
  TcpHeader header;
  std::size_t header_bytes = 0;
};

// 20 to tcp_header_bytes_max, where the options fit (tcp_options_bytes).
std::size_t tcp_header_bytes(const TcpHeader& header) noexcept;

// Writes it into the first tcp_header_bytes() bytes; the checksum is 0.
void write_tcp_header(const TcpHeader& header, MutableBytes to) noexcept;

// `bytes` is the segment from its first byte on, the whole header at least. Nothing where that is
// no TCP header: too short, or a data offset that is too small or leads outside.
std::optional<ParsedTcpHeader> parse_tcp_header(Bytes bytes) noexcept;

}  // namespace sundog::net::wire
