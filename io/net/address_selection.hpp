// Which of a machine's addresses to send from, and which of a name's addresses to try first (RFC
// 6724), in its simple form: the default policy table, and addresses without states or interfaces.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/prefix.hpp"

namespace sundog::net {

// How far an address is known (RFC 6724 section 3.1, RFC 4291 section 2.7): the larger the further.
// Loopback addresses count as the link's.
inline constexpr std::uint8_t link_scope = 0x2;
inline constexpr std::uint8_t site_scope = 0x5;
inline constexpr std::uint8_t global_scope = 0xe;
std::uint8_t scope_of(const IpAddress& address) noexcept;

// RFC 6724 section 5, rules 1, 2, 6 and 8. Nothing where no address is of the destination's family.
std::optional<IpAddress> select_source(const IpAddress& destination,
                                       std::span<const Prefix> own) noexcept;

// An address to send from, with its network.
struct SourceCandidate {
  Prefix prefix;
  // Its time is over: no source for what is new (RFC 4862 section 5.5.4).
  bool deprecated = false;
};
// Whether `one` is a better source than `other`: rules 1, 2, 3, 6 and 8.
bool is_better_source(const IpAddress& destination, const SourceCandidate& one,
                      const SourceCandidate& other) noexcept;

// Puts the destinations into the order in which they should be tried (section 6, rules 1, 2, 5, 6,
// 8, 9, 10); equally good ones stay in the order in which they came. Throws std::bad_alloc.
void order_destinations(std::vector<IpAddress>& destinations, std::span<const Prefix> own);

}  // namespace sundog::net
