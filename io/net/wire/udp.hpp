// The header of a UDP datagram (RFC 768).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"

namespace sundog::net::wire {

inline constexpr std::size_t udp_header_bytes = 8;
inline constexpr std::uint16_t udp_checksum_offset = 6;

struct UdpHeader {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  // Of header and payload.
  std::uint16_t total_bytes = 0;
  // 0: there is none, which only IPv4 allows.
  std::uint16_t checksum = 0;

  bool operator==(const UdpHeader&) const = default;
};

// `first` is the beginning of a datagram of which `available` bytes have come. Nothing unless all
// of it is there.
std::optional<UdpHeader> parse_udp(Bytes first, std::size_t available) noexcept;
// Into the first 8 bytes.
void write_udp(MutableBytes datagram, const UdpHeader& header) noexcept;

}  // namespace sundog::net::wire
