// The fixed header of an IPv6 packet (RFC 8200 section 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"

namespace sundog::net::wire {

struct Ipv6Header {
  std::uint8_t traffic_class = 0;
  // 20 bits (RFC 6437).
  std::uint32_t flow_label = 0;
  // Of what follows: extension headers and the transport's header and payload.
  std::uint16_t payload_bytes = 0;
  std::uint8_t next_header = 0;
  std::uint8_t hop_limit = 0;
  IpAddress source;
  IpAddress destination;

  bool operator==(const Ipv6Header&) const = default;
};

// As parse_ipv4() and parse_quoted_ipv4(): the header has a fixed length of 40 bytes, and no
// checksum.
std::optional<Ipv6Header> parse_ipv6(Bytes first, std::size_t available) noexcept;
std::optional<Ipv6Header> parse_quoted_ipv6(Bytes quoted) noexcept;
// Into the first 40 bytes.
void write_ipv6(MutableBytes packet, const Ipv6Header& header) noexcept;

}  // namespace sundog::net::wire
