#include "sundog/io/net/ipv6/autoconfiguration.hpp"

#include <algorithm>
#include <new>

#include "sundog/io/net/ipv6/opaque_identifier.hpp"

namespace sundog::net {
namespace {

constexpr Prefix link_local_network = Prefix::parse("fe80::/64");

}  // namespace

Autoconfiguration::Autoconfiguration(Interface& interface, Ticks& ticks,
                                     NeighbourDiscovery& discovery) noexcept
    : interface_(interface), ticks_(ticks), discovery_(discovery) {
  ticks_.add(*this);
}
Autoconfiguration::~Autoconfiguration() { ticks_.remove(*this); }

void Autoconfiguration::make_link_local() {
  for (const InterfaceAddress& one : interface_.addresses()) {
    if (one.prefix.address().is_v6() && one.prefix.address().is_link_local()) return;
  }
  make(link_local_network, never, never);
}

void Autoconfiguration::make(const Prefix& network, TimePoint preferred_until,
                             TimePoint valid_until) {
  made_.reserve(limits::autoconfigured_addresses + 1);
  Made made;
  made.address =
      Prefix(opaque_address(network, interface_.link().mac(), 0, secret_), network.length_bits());
  made.preferred_until = preferred_until;
  made.valid_until = valid_until;
  made_.push_back(made);
  try {
    claim(made_.back());
  } catch (...) {
    made_.pop_back();
    throw;
  }
}

void Autoconfiguration::claim(Made& made) {
  // All of the link-local network are neighbours; of others, the router says so separately.
  discovery_.claim(made.address, this, made.address.address().is_link_local());
}

void Autoconfiguration::advertised(const wire::PrefixInformation& information, TimePoint now) {
  const unsigned length = information.prefix.length_bits();
  if (!follows_routers_ || information.preferred_s > information.valid_s ||
      length != 128 - interface_identifier_bits) {
    return;
  }
  const TimePoint preferred_until = end_of_lifetime(information.preferred_s, now);
  const TimePoint valid_until = end_of_lifetime(information.valid_s, now);
  const auto known = std::ranges::find_if(made_, [&](const Made& made) {
    return made.address.network() == information.prefix.network() &&
           made.address.length_bits() == length;
  });
  if (known == made_.end()) {
    const auto others = std::ranges::count_if(
        made_, [](const Made& made) { return !made.address.address().is_link_local(); });
    if (information.valid_s == 0 ||
        static_cast<std::size_t>(others) >= limits::autoconfigured_addresses) {
      return;
    }
    make(information.prefix, preferred_until, valid_until);
  } else {
    known->preferred_until = preferred_until;
    // Section 5.5.3 e: it may be made longer, but hardly shorter.
    const TimePoint shortest = now + limits::shortened_lifetime_min;
    if (valid_until > shortest || valid_until > known->valid_until) {
      known->valid_until = valid_until;
    } else if (known->valid_until > shortest) {
      known->valid_until = shortest;
    }
    set_state(*known, now);
  }
  tick(now);
}

void Autoconfiguration::set_state(const Made& made, TimePoint now) noexcept {
  const InterfaceAddress* const address = interface_.find(made.address.address());
  if (address == nullptr || !address->is_usable()) return;
  const AddressState state =
      made.preferred_until <= now ? AddressState::deprecated : AddressState::preferred;
  if (address->state != state) interface_.set_state(made.address.address(), state);
}

void Autoconfiguration::claimed(const Prefix& address) noexcept {
  for (const Made& made : made_) {
    if (made.address == address) set_state(made, ticks_.now());
  }
}

void Autoconfiguration::lost(const Prefix& address) noexcept {
  const auto found = std::ranges::find(made_, address, &Made::address);
  if (found == made_.end()) return;
  Made& made = *found;
  if (++made.attempts <= limits::address_attempts) {
    made.address = Prefix(opaque_address(address, interface_.link().mac(), made.attempts, secret_),
                          address.length_bits());
    try {
      return claim(made);
    } catch (const std::bad_alloc&) {
      // As if all attempts had failed.
    }
  }
  made_.erase(found);
}

void Autoconfiguration::tick(TimePoint now) noexcept {
  TimePoint next = never;
  for (std::size_t i = made_.size(); i-- > 0;) {
    const Made& made = made_[i];
    if (made.valid_until <= now) {
      const IpAddress gone = made.address.address();
      made_.erase(made_.begin() + static_cast<std::ptrdiff_t>(i));
      discovery_.give_up(gone);
      continue;
    }
    set_state(made, now);
    next = std::min(next, made.valid_until);
    if (made.preferred_until > now) next = std::min(next, made.preferred_until);
  }
  if (next != never) ticks_.tick_at(next);
}

}  // namespace sundog::net
