// ICMP for IPv4 (RFC 792): the header that all messages have, and what its numbers mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"

namespace sundog::net::wire {

inline constexpr std::size_t icmp4_header_bytes = 8;
inline constexpr std::uint16_t icmp4_checksum_offset = 2;

enum class Icmp4Type : std::uint8_t {
  echo_reply = 0,
  unreachable = 3,
  echo = 8,
  time_exceeded = 11,
  parameter_problem = 12,
};

// Codes of Icmp4Type::unreachable (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1).
enum class Icmp4Unreachable : std::uint8_t {
  network = 0,
  host = 1,
  protocol = 2,
  port = 3,
  fragmentation_needed = 4,
  network_prohibited = 9,
  host_prohibited = 10,
  prohibited = 13,
};

// A code of Icmp4Type::time_exceeded.
inline constexpr std::uint8_t icmp4_reassembly_timed_out = 1;

// The first 8 bytes. The checksum, over the whole message, is IP's business.
struct Icmp4Header {
  Icmp4Type type = Icmp4Type::echo;
  std::uint8_t code = 0;
  // Of an echo: the identifier and the sequence number. Of fragmentation_needed: the next hop's mtu
  // in the low half (RFC 1191 section 4). Of other errors: unused.
  std::uint32_t rest = 0;

  bool operator==(const Icmp4Header&) const = default;
};

// Nothing if it is too short.
std::optional<Icmp4Header> parse_icmp4(Bytes message) noexcept;
// Into the first 8 bytes, with a checksum of 0.
void write_icmp4(MutableBytes message, const Icmp4Header& header) noexcept;

// Whether a message of this type is about another packet, which it quotes. No error is ever sent
// about such a one.
bool is_icmp4_error(Icmp4Type type) noexcept;

}  // namespace sundog::net::wire
