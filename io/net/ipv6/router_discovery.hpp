// RouterDiscovery: which routers a link has, which networks are on it, and what routers advise (RFC
// 4861 section 6.3): default routes, routes to neighbours, hop limit, mtu, times, name servers.
//
// Routers are asked for when the link comes up, and again in growing steps until one has answered
// (RFC 7559). Of several, the one is used that says it is preferred (RFC 4191), unless it does not
// answer as a neighbour; then the others come first until it is heard of again.
//
// Anybody on the link can send an advertisement. What is taken has limits (limits.hpp), and where
// these are reached, what came first stays. Redirects are not followed: packets take the way by the
// router, which is one step longer and cannot be forged by a neighbour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/interface/routes.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ipv6/autoconfiguration.hpp"
#include "sundog/io/net/ipv6/neighbour_discovery.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/wire/neighbour_discovery.hpp"
#include "sundog/io/prefix.hpp"

namespace sundog::net {

// Takes the routes that routers' advertisements mean.
class RouteUser {
 public:
  // See RouteTable.
  virtual void add_route(const RouteEntry& entry) = 0;
  virtual void remove_route(const RouteEntry& entry) noexcept = 0;

 protected:
  ~RouteUser() = default;
};

// Routes by configuration have small numbers, and come first.
inline constexpr std::uint32_t advertised_metric = 1024;

class RouterDiscovery final : private Ticked {
 public:
  // All outlive it.
  RouterDiscovery(Interface& interface, Ticks& ticks, RandomSource& random, RouteUser& routes,
                  NeighbourDiscovery& discovery, Autoconfiguration& addresses) noexcept;
  ~RouterDiscovery();

  // Asks for routers, as after the link came up.
  void solicit() noexcept;
  // An advertisement, from no further than the link, with options that are whole.
  void advertised(const IpAddress& router, const wire::RouterAdvertisement& message) noexcept;
  // See RouterWatcher.
  void neighbour_gone(const IpAddress& neighbour) noexcept;
  void neighbour_heard(const IpAddress& neighbour, bool is_router) noexcept;

  // For a resolver; the interface is the zone of link-local ones.
  std::vector<IpAddress> name_servers() const;
  std::size_t router_count() const noexcept { return routers_.size(); }
  std::size_t on_link_count() const noexcept { return prefixes_.size(); }

  void tick(TimePoint now) noexcept override;

 private:
  struct Router {
    RouteEntry route;
    TimePoint until = never;
    wire::RouterAdvertisement::Preference preference{};
    bool is_silent = false;  // it does not answer as a neighbour
  };
  struct OnLink {
    RouteEntry route;
    TimePoint until = never;
  };
  struct NameServer {
    IpAddress address;
    TimePoint until = never;
  };

  Router* find(const IpAddress& address) noexcept;
  void take_parameters(const wire::RouterAdvertisement& message) noexcept;
  void take_lifetime(const IpAddress& router, const wire::RouterAdvertisement& message);
  void take_options(Bytes options, TimePoint now);
  void take_prefix(const wire::PrefixInformation& information, TimePoint now);
  void take_name_servers(Bytes option, TimePoint now);
  // Its place among the routes, by preference and whether it answers.
  void place(Router& router) noexcept;
  void remove(Router& router) noexcept;
  void send_solicitation(TimePoint now) noexcept;
  void plan() noexcept;

  Interface& interface_;
  Ticks& ticks_;
  RandomSource& random_;
  RouteUser& routes_;
  NeighbourDiscovery& discovery_;
  Autoconfiguration& addresses_;
  std::vector<Router> routers_;
  std::vector<OnLink> prefixes_;
  std::vector<NameServer> name_servers_;
  TimePoint next_solicitation_ = never;
  Duration solicitations_apart_ = limits::router_solicitation_apart;
};

}  // namespace sundog::net
