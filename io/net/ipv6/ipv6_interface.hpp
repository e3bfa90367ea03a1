// Ipv6Interface: what IPv6 does on one interface by itself: it finds neighbours, routers and
// addresses, and says which groups it is in. Here the parts are put together, and messages are
// handed to them.
#pragma once

#include <cstdint>

#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/interface/unreachable_user.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/ipv6/autoconfiguration.hpp"
#include "sundog/io/net/ipv6/mld.hpp"
#include "sundog/io/net/ipv6/neighbour_discovery.hpp"
#include "sundog/io/net/ipv6/router_discovery.hpp"
#include "sundog/io/net/ipv6/settings.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/wire/icmp6.hpp"

namespace sundog::net {

class Ipv6Interface final : private RouterWatcher {
 public:
  // All outlive it. Throws std::bad_alloc.
  Ipv6Interface(Interface& interface, Ticks& ticks, RandomSource& random, UnreachableUser& user,
                RouteUser& routes);

  // Before start().
  void configure(const Ipv6Settings& settings) noexcept;
  const Ipv6Settings& settings() const noexcept { return settings_; }
  // The device receives by now: makes the link-local address and looks for routers. Once, however
  // often it is called.
  void start() noexcept;
  void link_changed(bool up) noexcept;

  // A message of neighbour discovery or of listeners.
  void received(const Received& what, const ReceivedPacket& packet) noexcept;

  NeighbourDiscovery& discovery() noexcept { return discovery_; }
  const RouterDiscovery& routers() const noexcept { return routers_; }
  Autoconfiguration& autoconfiguration() noexcept { return addresses_; }
  Mld& mld() noexcept { return mld_; }
  // Messages that were not what they must be (RFC 4861 sections 6.1 and 7.1, RFC 3810 section 6.2).
  std::uint64_t wrong_messages() const noexcept { return wrong_messages_; }

 private:
  void neighbour_gone(const IpAddress& neighbour) noexcept override;
  void neighbour_heard(const IpAddress& neighbour, bool is_router) noexcept override;
  // False: it is not what it must be.
  bool take_discovery(const Received& what, const wire::Icmp6Header& header,
                      Bytes message) noexcept;
  bool take_query(const Received& what, const ReceivedPacket& packet, Bytes message) noexcept;
  void look_for_network() noexcept;

  Interface& interface_;
  Ipv6Settings settings_;
  NeighbourDiscovery discovery_;
  Autoconfiguration addresses_;
  RouterDiscovery routers_;
  Mld mld_;
  bool started_ = false;
  std::uint64_t wrong_messages_ = 0;
};

}  // namespace sundog::net
