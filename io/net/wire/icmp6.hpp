// ICMPv6 (RFC 4443): the header that all messages have, and what its numbers mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"

namespace sundog::net::wire {

inline constexpr std::size_t icmp6_header_bytes = 8;
inline constexpr std::uint16_t icmp6_checksum_offset = 2;

// Numbers below 128 are errors (section 2.1).
enum class Icmp6Type : std::uint8_t {
  unreachable = 1,
  packet_too_big = 2,
  time_exceeded = 3,
  parameter_problem = 4,
  echo = 128,
  echo_reply = 129,
  // Multicast listeners (RFC 2710, RFC 3810).
  listener_query = 130,
  listener_report = 131,
  listener_done = 132,
  listener_report_2 = 143,
  // Neighbour discovery (RFC 4861).
  router_solicitation = 133,
  router_advertisement = 134,
  neighbour_solicitation = 135,
  neighbour_advertisement = 136,
  redirect = 137,
};

// Codes of Icmp6Type::unreachable (section 3.1).
enum class Icmp6Unreachable : std::uint8_t {
  no_route = 0,
  prohibited = 1,
  beyond_scope = 2,
  address = 3,
  port = 4,
  source_prohibited = 5,
  rejected = 6,
};

// Codes of Icmp6Type::time_exceeded (section 3.3).
enum class Icmp6TimeExceeded : std::uint8_t { hop_limit = 0, reassembly = 1 };

// Codes of Icmp6Type::parameter_problem (section 3.4, RFC 7112 section 5).
enum class Icmp6Problem : std::uint8_t {
  field = 0,
  next_header = 1,
  option = 2,
  headers_not_in_first_fragment = 3,
};

// The first 8 bytes. The checksum, over a pseudo header and the whole message, is IP's business.
struct Icmp6Header {
  Icmp6Type type = Icmp6Type::echo;
  std::uint8_t code = 0;
  // Of an echo: the identifier and the sequence number. Of packet_too_big: the next hop's mtu. Of a
  // parameter problem: where in the packet it is. Of neighbour advertisements: the flags. Of
  // others: unused, or a part of the message.
  std::uint32_t rest = 0;

  bool operator==(const Icmp6Header&) const = default;
};

// Nothing if it is too short.
std::optional<Icmp6Header> parse_icmp6(Bytes message) noexcept;
// Into the first 8 bytes, with a checksum of 0.
void write_icmp6(MutableBytes message, const Icmp6Header& header) noexcept;

// Whether a message of this type is about another packet, which it quotes. No error is ever sent
// about such a one, nor about a redirect (section 2.4 e).
constexpr bool is_icmp6_error(Icmp6Type type) noexcept {
  return static_cast<std::uint8_t>(type) < 128;
}

}  // namespace sundog::net::wire
