// The header of an IPv4 packet (RFC 791 section 3.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"

namespace sundog::net::wire {

struct Ipv4Header {
  // Of the header with its options: 20 to 60, a multiple of 4. The writer writes no options: 20.
  std::uint8_t header_bytes = 20;
  std::uint8_t traffic_class = 0;
  // Of the packet, header included.
  std::uint16_t total_bytes = 0;
  std::uint16_t identification = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  // In bytes, a multiple of 8.
  std::uint16_t fragment_offset = 0;
  std::uint8_t hop_limit = 0;
  std::uint8_t protocol = 0;
  IpAddress source = IpAddress::any_v4();
  IpAddress destination = IpAddress::any_v4();

  bool is_fragment() const noexcept { return more_fragments || fragment_offset != 0; }
  std::size_t payload_bytes() const noexcept { return total_bytes - header_bytes; }
  bool operator==(const Ipv4Header&) const = default;
};

// `first` is the beginning of a packet of which `available` bytes have come. Nothing unless the
// header is in `first` with its options, all of the packet is there, and the checksum is right.
// What follows the packet is padding of its frame.
std::optional<Ipv4Header> parse_ipv4(Bytes first, std::size_t available) noexcept;
// The header of a packet that an ICMP error quotes: the packet need not be there as a whole, and
// routers on its way may have left the checksum wrong.
std::optional<Ipv4Header> parse_quoted_ipv4(Bytes quoted) noexcept;
// The header and its checksum, into the first 20 bytes.
void write_ipv4(MutableBytes packet, const Ipv4Header& header) noexcept;

// Whether the options of a header that was parsed ask for the packet to go by a route that its
// sender has chosen (loose or strict source route).
bool has_source_route(Bytes first, const Ipv4Header& header) noexcept;

}  // namespace sundog::net::wire
