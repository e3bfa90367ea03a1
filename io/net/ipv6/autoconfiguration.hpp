// Autoconfiguration: the addresses that a machine makes itself (RFC 4862): a link-local one, and
// one of each network that routers say is for that. Their last 64 bits are opaque (RFC 7217).
//
//               the probe is not answered          preferred lifetime over
//   tentative ---------------------------> preferred ------------------> deprecated
//     |   ^  another attempt                   ^                             |     | valid
//     |   |  (three at most)                   +-----------------------------+     | lifetime
//     +---+ another machine has it                 a router advertises it again    v over
//                                                                                 gone
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ipv6/neighbour_discovery.hpp"
#include "sundog/io/net/ipv6/settings.hpp"
#include "sundog/io/net/wire/neighbour_discovery.hpp"

namespace sundog::net {

// When a lifetime in seconds, as routers give it, is over.
inline TimePoint end_of_lifetime(std::uint32_t seconds, TimePoint now) noexcept {
  return seconds == wire::lifetime_without_end ? never : now + std::chrono::seconds(seconds);
}

class Autoconfiguration final : private AddressClaimant, private Ticked {
 public:
  // All outlive it.
  Autoconfiguration(Interface& interface, Ticks& ticks, NeighbourDiscovery& discovery) noexcept;
  ~Autoconfiguration();

  // Before anything else.
  void set_secret(const Ipv6Settings::Secret& secret) noexcept { secret_ = secret; }
  // Whether addresses are made of what routers advertise.
  void follow_routers(bool yes) noexcept { follows_routers_ = yes; }

  // Makes the link-local address, unless there is one. Throws std::bad_alloc.
  void make_link_local();
  // A network is for addresses that machines make (section 5.5.3). Throws std::bad_alloc.
  void advertised(const wire::PrefixInformation& information, TimePoint now);

  std::size_t address_count() const noexcept { return made_.size(); }
  void tick(TimePoint now) noexcept override;

 private:
  struct Made {
    Prefix address;
    TimePoint preferred_until = never;
    TimePoint valid_until = never;
    std::uint32_t attempts = 0;
  };

  void make(const Prefix& network, TimePoint preferred_until, TimePoint valid_until);
  void claim(Made& made);
  void claimed(const Prefix& address) noexcept override;
  void lost(const Prefix& address) noexcept override;
  // By its lifetime: preferred or deprecated, if it is usable at all.
  void set_state(const Made& made, TimePoint now) noexcept;

  Interface& interface_;
  Ticks& ticks_;
  NeighbourDiscovery& discovery_;
  Ipv6Settings::Secret secret_{};
  bool follows_routers_ = true;
  std::vector<Made> made_;
};

}  // namespace sundog::net
