// What routers and hosts say of multicast groups, in IPv6's MLD (mld.hpp) as in IPv4's IGMP
// (igmp.hpp): MLDv2 is IGMPv3, and MLDv1 is IGMPv2.
#pragma once

#include <cstdint>

#include "sundog/io/ip_address.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net::wire {

// How old the protocol is that somebody speaks.
enum class ListenerVersion : std::uint8_t {
  first,   // IGMPv1
  second,  // IGMPv2, MLDv1
  third,   // IGMPv3, MLDv2
};

// A router asks who wants a group, or all.
struct ListenerQuery {
  ListenerVersion version = ListenerVersion::third;
  // The group, or any (0.0.0.0, ::) for all of them.
  IpAddress group;
  // Answers come within this time.
  Duration within{};

  bool operator==(const ListenerQuery&) const = default;
};

// What the newest version's reports say of a group. Packets from all sources are wanted here: so no
// source is excluded where it is wanted, and none included where it is not.
enum class ListenerRecord : std::uint8_t {
  wanted = 2,         // "MODE_IS_EXCLUDE": the answer to a query
  not_wanted = 3,     // "CHANGE_TO_INCLUDE_MODE": no longer
  wanted_by_now = 4,  // "CHANGE_TO_EXCLUDE_MODE"
};

// The code that stands for a response time in the newest versions' queries (RFC 3810 section 5.1.3,
// RFC 3376 section 4.1.1): numbers below the exponents' threshold for themselves, others as
// (1 mantissa) << (exponent + 3).
template <unsigned MantissaBits>
constexpr std::uint32_t response_units(std::uint32_t code) noexcept {
  constexpr std::uint32_t threshold = std::uint32_t{1} << (MantissaBits + 3);
  if (code < threshold) return code;
  const std::uint32_t mantissa = code & ((std::uint32_t{1} << MantissaBits) - 1);
  const std::uint32_t exponent = code >> MantissaBits & 7;
  return (mantissa | std::uint32_t{1} << MantissaBits) << (exponent + 3);
}

}  // namespace sundog::net::wire
