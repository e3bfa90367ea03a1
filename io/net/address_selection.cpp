#include "sundog/io/net/address_selection.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace sundog::net {
namespace {

struct Policy {
  Prefix prefix;
  std::uint8_t precedence;
  std::uint8_t label;
};

// RFC 6724 section 2.1, the longest prefixes first.
constexpr Policy policies[] = {
    {Prefix::parse("::1/128"), 50, 0},   {Prefix::parse("::ffff:0:0/96"), 35, 4},
    {Prefix::parse("::/96"), 1, 3},      {Prefix::parse("2001::/32"), 5, 5},
    {Prefix::parse("2002::/16"), 30, 2}, {Prefix::parse("3ffe::/16"), 1, 12},
    {Prefix::parse("fec0::/10"), 1, 11}, {Prefix::parse("fc00::/7"), 3, 13},
    {Prefix::parse("::/0"), 40, 1},
};

const Policy& policy_for(const IpAddress& address) noexcept {
  const IpAddress mapped = address.mapped().in_zone({});
  return *std::ranges::find_if(
      policies, [&](const Policy& policy) { return policy.prefix.contains(mapped); });
}

// How many leading bits two addresses of one family share.
unsigned common_bits(const IpAddress& a, const IpAddress& b) noexcept {
  for (std::size_t i = 0; i < a.bytes().size(); ++i) {
    const auto different = static_cast<std::uint8_t>(a.bytes()[i] ^ b.bytes()[i]);
    if (different != 0) {
      return static_cast<unsigned>(8 * i) + static_cast<unsigned>(std::countl_zero(different));
    }
  }
  return static_cast<unsigned>(8 * a.bytes().size());
}

bool same_number(const IpAddress& a, const IpAddress& b) noexcept {
  return a.in_zone({}) == b.in_zone({});
}

struct Candidate {
  Candidate(const IpAddress& destination, std::span<const Prefix> own) noexcept
      : address(destination),
        source(select_source(destination, own)),
        scope(scope_of(destination)),
        precedence(policy_for(destination).precedence) {
    if (!source) return;
    scope_fits = scope_of(*source) == scope;
    label_fits = policy_for(*source).label == policy_for(destination).label;
    if (destination.is_v6()) shared_bits = common_bits(destination, *source);
  }

  IpAddress address;
  std::optional<IpAddress> source;
  std::uint8_t scope;
  std::uint8_t precedence;
  bool scope_fits = false;
  bool label_fits = false;
  // Of IPv6 only: addresses of IPv4 say nothing about distance.
  unsigned shared_bits = 0;
};

bool is_better_destination(const Candidate& a, const Candidate& b) noexcept {
  if (a.source.has_value() != b.source.has_value()) return a.source.has_value();
  if (a.scope_fits != b.scope_fits) return a.scope_fits;
  if (a.label_fits != b.label_fits) return a.label_fits;
  if (a.precedence != b.precedence) return a.precedence > b.precedence;
  if (a.scope != b.scope) return a.scope < b.scope;
  const bool comparable = a.address.is_v6() && b.address.is_v6();
  return comparable && a.shared_bits > b.shared_bits;
}

}  // namespace

std::uint8_t scope_of(const IpAddress& address) noexcept {
  if (address.is_v6() && address.is_multicast()) return address.bytes()[1] & 0xf;
  if (address.is_link_local() || address.is_loopback()) return link_scope;
  const bool is_site_local =
      address.is_v6() && address.bytes()[0] == 0xfe && (address.bytes()[1] & 0xc0) == 0xc0;
  return is_site_local ? site_scope : global_scope;
}

bool is_better_source(const IpAddress& destination, const SourceCandidate& one,
                      const SourceCandidate& other) noexcept {
  const IpAddress& a = one.prefix.address();
  const IpAddress& b = other.prefix.address();
  const bool a_is_it = same_number(a, destination);
  if (a_is_it != same_number(b, destination)) return a_is_it;
  const std::uint8_t scope = scope_of(destination);
  const std::uint8_t a_scope = scope_of(a);
  const std::uint8_t b_scope = scope_of(b);
  if (a_scope < b_scope) return a_scope >= scope;
  if (b_scope < a_scope) return b_scope < scope;
  if (one.deprecated != other.deprecated) return other.deprecated;
  const std::uint8_t label = policy_for(destination).label;
  const bool a_fits = policy_for(a).label == label;
  if (a_fits != (policy_for(b).label == label)) return a_fits;
  // Not beyond the network: what comes behind is the host's.
  return std::min(common_bits(a, destination), one.prefix.length_bits()) >
         std::min(common_bits(b, destination), other.prefix.length_bits());
}

std::optional<IpAddress> select_source(const IpAddress& destination,
                                       std::span<const Prefix> own) noexcept {
  const Prefix* best = nullptr;
  for (const Prefix& prefix : own) {
    const IpAddress& address = prefix.address();
    if (address.family() != destination.family()) continue;
    // From a machine to itself, and no further.
    if (address.is_loopback() && !destination.is_loopback()) continue;
    if (best == nullptr || is_better_source(destination, {prefix}, {*best})) best = &prefix;
  }
  return best == nullptr ? std::nullopt : std::optional(best->address());
}

void order_destinations(std::vector<IpAddress>& destinations, std::span<const Prefix> own) {
  std::vector<Candidate> candidates;
  candidates.reserve(destinations.size());
  for (const IpAddress& destination : destinations) candidates.emplace_back(destination, own);
  // Few, and a stable sort of the library is 4 KB of an image: each goes to its place among those
  // before it.
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    for (std::size_t j = i; j > 0 && is_better_destination(candidates[j], candidates[j - 1]); --j) {
      std::swap(candidates[j], candidates[j - 1]);
    }
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) destinations[i] = candidates[i].address;
}

}  // namespace sundog::net
