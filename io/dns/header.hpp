// Header: the first 12 bytes of a DNS message (RFC 1035 section 4.1.1, RFC 4035 section 3 for the
// two bits of DNSSEC).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sundog/io/dns/type.hpp"
#include "sundog/io/flow.hpp"

namespace sundog::dns {

// Of every message.
inline constexpr std::size_t header_bytes = 12;

struct Header {
  // In the order in which they stand: ID, QR, Opcode, AA, TC, RD, RA, Z, AD, CD, RCODE.
  std::uint16_t id = 0;
  bool is_response = false;
  Opcode opcode = Opcode::query;
  bool authoritative = false;
  bool truncated = false;
  bool recursion_desired = false;
  bool recursion_available = false;
  bool reserved = false;  // to be sent as 0, and ignored
  bool authentic_data = false;
  bool checking_disabled = false;
  // The lower four bits; the others are EDNS's: Message::rcode().
  Rcode rcode = Rcode::no_error;
  std::uint16_t question_count = 0;
  std::uint16_t answer_count = 0;
  std::uint16_t authority_count = 0;
  std::uint16_t additional_count = 0;

  // Nothing if the message is shorter than a header.
  static std::optional<Header> parse(Bytes message) noexcept;
  void write(std::span<std::byte, header_bytes> to) const noexcept;

  friend bool operator==(const Header&, const Header&) noexcept = default;
};

}  // namespace sundog::dns
