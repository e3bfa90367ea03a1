#include "sundog/io/net/ipv6/router_discovery.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <span>

#include "sundog/io/net/ipv6/link_message.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog::net {
namespace {

using std::chrono::milliseconds;
using wire::DiscoveryOptionType;

constexpr Prefix everywhere = Prefix(IpAddress::any_v6(), 0);

std::uint32_t metric_of(wire::RouterAdvertisement::Preference preference, bool is_silent) noexcept {
  using Preference = wire::RouterAdvertisement::Preference;
  std::uint32_t metric = advertised_metric + (is_silent ? 10 : 0);
  if (preference == Preference::medium) metric += 1;
  if (preference == Preference::low) metric += 2;
  return metric;
}

// The link-local address of an interface, or any where it has none yet.
IpAddress link_source(const Interface& interface) noexcept {
  const IpAddress* const source = interface.source_for(wire::all_routers_group);
  return source != nullptr && source->is_link_local() ? *source : IpAddress::any_v6();
}

}  // namespace

RouterDiscovery::RouterDiscovery(Interface& interface, Ticks& ticks, RandomSource& random,
                                 RouteUser& routes, NeighbourDiscovery& discovery,
                                 Autoconfiguration& addresses) noexcept
    : interface_(interface),
      ticks_(ticks),
      random_(random),
      routes_(routes),
      discovery_(discovery),
      addresses_(addresses) {
  ticks_.add(*this);
}
RouterDiscovery::~RouterDiscovery() { ticks_.remove(*this); }

// --- asking ---

void RouterDiscovery::solicit() noexcept {
  constexpr std::uint32_t steps = 1000;
  solicitations_apart_ = limits::router_solicitation_apart;
  next_solicitation_ =
      ticks_.now() + limits::router_solicitation_delay / steps * random_.below(steps + 1);
  plan();
}

void RouterDiscovery::send_solicitation(TimePoint now) noexcept {
  std::array<std::byte, wire::router_solicitation_bytes + wire::mac_option_bytes> message{};
  wire::write_router_solicitation(message);
  wire::write_mac_option(std::span(message).subspan(wire::router_solicitation_bytes),
                         DiscoveryOptionType::source_mac, interface_.link().mac());
  LinkAddressing addressing;
  addressing.source = link_source(interface_);
  addressing.destination = wire::all_routers_group;
  // Nobody answers to nobody's device (section 4.1).
  const std::size_t bytes =
      addressing.source.is_any() ? wire::router_solicitation_bytes : message.size();
  send_link_message(interface_, addressing, Bytes(message).first(bytes));
  next_solicitation_ = now + solicitations_apart_;
  solicitations_apart_ = std::min(solicitations_apart_ * 2, limits::router_solicitation_apart_max);
}

// --- what routers say ---

RouterDiscovery::Router* RouterDiscovery::find(const IpAddress& address) noexcept {
  const auto found = std::ranges::find(routers_, address,
                                       [](const Router& router) { return router.route.gateway; });
  return found == routers_.end() ? nullptr : &*found;
}

void RouterDiscovery::advertised(const IpAddress& router,
                                 const wire::RouterAdvertisement& message) noexcept {
  const TimePoint now = ticks_.now();
  take_parameters(message);
  const auto mac = wire::find_mac(message.options, DiscoveryOptionType::source_mac);
  if (mac && !mac->is_multicast()) {
    NeighbourNews news;
    news.mac = *mac;
    news.creates = true;
    discovery_.neighbours().learn(router, news);
  }
  try {
    take_lifetime(router, message);
    take_options(message.options, now);
  } catch (const std::bad_alloc&) {
    // What is left of it comes again with the next one.
  }
  plan();
}

// Section 6.3.4.
void RouterDiscovery::take_parameters(const wire::RouterAdvertisement& message) noexcept {
  if (message.hop_limit >= limits::advertised_hop_limit_min) {
    interface_.set_hop_limit(message.hop_limit);
  }
  Duration reachable = limits::neighbour_reachable;
  if (message.reachable_ms != 0) {
    reachable =
        std::clamp<Duration>(milliseconds(message.reachable_ms), limits::advertised_reachable_min,
                             limits::advertised_reachable_max);
  }
  Duration apart = limits::neighbour_request_apart;
  if (message.retransmit_ms != 0) {
    apart = std::clamp<Duration>(milliseconds(message.retransmit_ms),
                                 limits::advertised_request_apart_min,
                                 limits::advertised_request_apart_max);
  }
  discovery_.neighbours().set_times(reachable, apart);
  discovery_.set_probes_apart(apart);
}

void RouterDiscovery::take_lifetime(const IpAddress& address,
                                    const wire::RouterAdvertisement& message) {
  Router* router = find(address);
  if (message.lifetime_s == 0) {
    if (router != nullptr) remove(*router);
    return;
  }
  next_solicitation_ = never;
  if (router == nullptr) {
    if (routers_.size() == limits::default_routers) return;
    routers_.reserve(limits::default_routers);
    Router fresh;
    fresh.preference = message.preference;
    fresh.route = {.destination = everywhere,
                   .gateway = address,
                   .interface = interface_.id(),
                   .metric = metric_of(message.preference, false)};
    routes_.add_route(fresh.route);
    routers_.push_back(fresh);
    router = &routers_.back();
  }
  router->until = ticks_.now() + std::chrono::seconds(message.lifetime_s);
  router->preference = message.preference;
  router->is_silent = false;
  place(*router);
}

void RouterDiscovery::place(Router& router) noexcept {
  const std::uint32_t metric = metric_of(router.preference, router.is_silent);
  if (router.route.metric == metric) return;
  routes_.remove_route(router.route);
  router.route.metric = metric;
  try {
    routes_.add_route(router.route);
  } catch (const std::bad_alloc&) {
    // There was room for it a moment ago.
  }
}

void RouterDiscovery::remove(Router& router) noexcept {
  routes_.remove_route(router.route);
  routers_.erase(routers_.begin() + (&router - routers_.data()));
}

void RouterDiscovery::take_options(Bytes options, TimePoint now) {
  wire::DiscoveryOptions left(options);
  while (const auto option = left.next()) {
    if (option->type == DiscoveryOptionType::mtu) {
      const auto mtu = wire::parse_mtu_option(option->bytes);
      // What is too small, or more than the device takes, is ignored (RFC 2464 section 2).
      if (mtu && *mtu >= limits::link_mtu_min_v6 && *mtu <= interface_.link().mtu()) {
        interface_.set_mtu_v6(*mtu);
      }
    } else if (option->type == DiscoveryOptionType::prefix_information) {
      if (const auto information = wire::parse_prefix_information(option->bytes)) {
        take_prefix(*information, now);
      }
    } else if (option->type == DiscoveryOptionType::name_servers) {
      take_name_servers(option->bytes, now);
    }
  }
}

void RouterDiscovery::take_prefix(const wire::PrefixInformation& information, TimePoint now) {
  const IpAddress& network = information.prefix.address();
  if (network.is_link_local() || network.is_multicast()) return;
  if (information.autonomous) addresses_.advertised(information, now);
  if (!information.on_link) return;
  const auto known = std::ranges::find(prefixes_, information.prefix,
                                       [](const OnLink& one) { return one.route.destination; });
  if (information.valid_s == 0) {
    if (known == prefixes_.end()) return;
    routes_.remove_route(known->route);
    prefixes_.erase(known);
    return;
  }
  const TimePoint until = end_of_lifetime(information.valid_s, now);
  if (known != prefixes_.end()) {
    known->until = until;
    return;
  }
  if (prefixes_.size() == limits::on_link_prefixes) return;
  prefixes_.reserve(limits::on_link_prefixes);
  const RouteEntry route{.destination = information.prefix,
                         .gateway = IpAddress::any_v6(),
                         .interface = interface_.id(),
                         .metric = advertised_metric};
  routes_.add_route(route);
  prefixes_.push_back({route, until});
}

// RFC 8106 section 5.1.
void RouterDiscovery::take_name_servers(Bytes option, TimePoint now) {
  const auto servers = wire::parse_name_servers(option);
  if (!servers) return;
  for (std::size_t i = 0; i < servers->count; ++i) {
    const IpAddress address = wire::name_server_at(option, i);
    const auto known = std::ranges::find(name_servers_, address, &NameServer::address);
    if (servers->lifetime_s == 0) {
      if (known != name_servers_.end()) name_servers_.erase(known);
    } else if (known != name_servers_.end()) {
      known->until = end_of_lifetime(servers->lifetime_s, now);
    } else if (name_servers_.size() < limits::advertised_name_servers && !address.is_any() &&
               !address.is_multicast() && !address.is_loopback()) {
      name_servers_.push_back({address, end_of_lifetime(servers->lifetime_s, now)});
    }
  }
}

std::vector<IpAddress> RouterDiscovery::name_servers() const {
  std::vector<IpAddress> all;
  for (const NameServer& server : name_servers_) {
    all.push_back(server.address.in_zone(Decimal(unsigned{interface_.id()})));
  }
  return all;
}

// --- routers as neighbours ---

// Section 6.3.6: a router that does not answer is still better than none.
void RouterDiscovery::neighbour_gone(const IpAddress& neighbour) noexcept {
  Router* const router = find(neighbour);
  if (router == nullptr) return;
  router->is_silent = true;
  place(*router);
  // Where all are silent, each has its turn.
  const bool all_silent =
      std::ranges::all_of(routers_, [](const Router& one) { return one.is_silent; });
  if (!all_silent || routers_.size() < 2) return;
  for (Router& other : routers_) {
    if (&other == router) continue;
    other.is_silent = false;
    place(other);
  }
}

void RouterDiscovery::neighbour_heard(const IpAddress& neighbour, bool is_router) noexcept {
  Router* const router = find(neighbour);
  if (router == nullptr) return;
  // It is none any more (section 7.2.5).
  if (!is_router) return remove(*router);
  router->is_silent = false;
  place(*router);
}

// --- time ---

void RouterDiscovery::tick(TimePoint now) noexcept {
  if (next_solicitation_ <= now) send_solicitation(now);
  for (std::size_t i = routers_.size(); i-- > 0;) {
    if (routers_[i].until <= now) remove(routers_[i]);
  }
  for (std::size_t i = prefixes_.size(); i-- > 0;) {
    if (prefixes_[i].until > now) continue;
    routes_.remove_route(prefixes_[i].route);
    prefixes_.erase(prefixes_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  std::erase_if(name_servers_, [&](const NameServer& one) { return one.until <= now; });
  plan();
}

void RouterDiscovery::plan() noexcept {
  TimePoint next = next_solicitation_;
  for (const Router& one : routers_) next = std::min(next, one.until);
  for (const OnLink& one : prefixes_) next = std::min(next, one.until);
  for (const NameServer& one : name_servers_) next = std::min(next, one.until);
  if (next != never) ticks_.tick_at(next);
}

}  // namespace sundog::net
