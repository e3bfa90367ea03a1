// The Internet checksum (RFC 1071): the sum of 16-bit words with the carries added in again.
//
//   InternetSum sum;
//   sum.add_pseudo_header(source, destination, protocol, bytes.size());
//   sum.add(bytes);                        // once for each piece of the packet, in order
//   write_u16(bytes, at, sum.checksum());
//
// Over bytes that contain a right checksum, checksum() is 0.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"

namespace sundog::net::wire {

class InternetSum {
 public:
  // The bytes follow those that were added before; a piece may have an odd number of them. Eight
  // are added at a time.
  void add(Bytes bytes) noexcept;
  // The addresses, the protocol's number and the length of header and payload, as RFC 9293 section
  // 3.1 has it for IPv4, and RFC 8200 section 8.1 for IPv6.
  void add_pseudo_header(const IpAddress& source, const IpAddress& destination,
                         std::uint8_t protocol, std::size_t transport_bytes) noexcept;
  // A number as it stands in the packet. After an even number of bytes.
  void add_u16(std::uint16_t number) noexcept;

  // What the words sum up to, not inverted: what Checksum::partial wants of a pseudo header.
  std::uint16_t folded() const noexcept;
  // What stands in the packet.
  std::uint16_t checksum() const noexcept { return static_cast<std::uint16_t>(~folded()); }

 private:
  // Of words in the machine's own byte order, to which the sum is indifferent until the end.
  std::uint64_t sum_ = 0;
  bool odd_ = false;
};

// Of one piece.
std::uint16_t internet_checksum(Bytes bytes) noexcept;

}  // namespace sundog::net::wire
