#include "sundog/io/net/ipv6/ipv6_interface.hpp"

#include <algorithm>
#include <array>
#include <new>

#include "sundog/io/net/ipv6/link_message.hpp"
#include "sundog/io/net/wire/ipv6_extensions.hpp"
#include "sundog/io/net/wire/mld.hpp"
#include "sundog/io/net/wire/neighbour_discovery.hpp"

namespace sundog::net {
namespace {

// The longest message that is read; one that is longer, on a network with large frames, is dropped.
constexpr std::size_t message_bytes_max = 2048;

Ipv6Settings::Secret drawn(RandomSource& random) noexcept {
  Ipv6Settings::Secret secret{};
  random.fill(secret);
  return secret;
}

bool is_for_listeners(wire::Icmp6Type type) noexcept {
  return type < wire::Icmp6Type::router_solicitation || type == wire::Icmp6Type::listener_report_2;
}

}  // namespace

Ipv6Interface::Ipv6Interface(Interface& interface, Ticks& ticks, RandomSource& random,
                             UnreachableUser& user, RouteUser& routes)
    : interface_(interface),
      discovery_(interface, ticks, random, user, *this),
      addresses_(interface, ticks, discovery_),
      routers_(interface, ticks, random, routes, discovery_, addresses_),
      mld_(interface, ticks, random) {
  addresses_.set_secret(drawn(random));
  if (!interface.link().is_loopback()) interface.join(wire::all_nodes_group);
}

void Ipv6Interface::configure(const Ipv6Settings& settings) noexcept {
  settings_ = settings;
  discovery_.set_probes(settings.duplicate_probes);
  addresses_.follow_routers(settings.autoconfigure);
  if (settings.secret) addresses_.set_secret(*settings.secret);
}

void Ipv6Interface::start() noexcept {
  if (started_ || interface_.link().is_loopback()) return;
  started_ = true;
  if (interface_.link().up()) look_for_network();
}

void Ipv6Interface::look_for_network() noexcept {
  // IPv6 cannot do with less.
  if (!settings_.enabled || interface_.link().mtu() < limits::link_mtu_min_v6) return;
  try {
    addresses_.make_link_local();
  } catch (const std::bad_alloc&) {
    // When the link comes up the next time. Routers can be found without.
  }
  routers_.solicit();
}

void Ipv6Interface::link_changed(bool up) noexcept {
  discovery_.neighbours().clear();
  if (!up || interface_.link().is_loopback()) return;
  mld_.link_up();
  discovery_.claim_all_again();
  if (started_) look_for_network();
}

void Ipv6Interface::neighbour_gone(const IpAddress& neighbour) noexcept {
  routers_.neighbour_gone(neighbour);
}
void Ipv6Interface::neighbour_heard(const IpAddress& neighbour, bool is_router) noexcept {
  routers_.neighbour_heard(neighbour, is_router);
}

void Ipv6Interface::received(const Received& what, const ReceivedPacket& packet) noexcept {
  // In one piece, also where the device has the packet in several.
  std::array<std::byte, message_bytes_max> copy;
  Bytes message = what.header;
  if (message.size() < what.transport_bytes) {
    const MutableBytes place =
        std::span(copy).first(std::min<std::size_t>(what.transport_bytes, copy.size()));
    message = Bytes(place).first(packet.copy(what.transport_start, place));
  }
  const auto header = wire::parse_icmp6(message);
  const bool whole = header && message.size() == what.transport_bytes && !what.was_fragmented;
  const bool right =
      whole && (is_for_listeners(header->type) ? take_query(what, packet, message)
                                               : take_discovery(what, *header, message));
  if (!right) ++wrong_messages_;
}

bool Ipv6Interface::take_discovery(const Received& what, const wire::Icmp6Header& header,
                                   Bytes message) noexcept {
  if (what.hop_limit != discovery_hop_limit || header.code != 0) return false;
  const IpAddress source = what.source.in_zone({});
  const IpAddress destination = what.destination.in_zone({});
  if (header.type == wire::Icmp6Type::neighbour_solicitation) {
    const auto solicitation = wire::parse_neighbour_solicitation(message);
    if (!solicitation || !wire::are_options_whole(solicitation->options)) return false;
    discovery_.solicited(source, destination, *solicitation);
  } else if (header.type == wire::Icmp6Type::neighbour_advertisement) {
    const auto advertisement = wire::parse_neighbour_advertisement(message);
    if (!advertisement || !wire::are_options_whole(advertisement->options)) return false;
    discovery_.advertised(destination, *advertisement);
  } else if (header.type == wire::Icmp6Type::router_advertisement) {
    const auto advertisement = wire::parse_router_advertisement(message);
    if (!advertisement || !wire::are_options_whole(advertisement->options) ||
        !source.is_link_local()) {
      return false;
    }
    if (settings_.enabled) routers_.advertised(source, *advertisement);
  }
  // Hosts do not answer to questions for routers (section 6.2.6); redirects are not followed.
  return true;
}

bool Ipv6Interface::take_query(const Received& what, const ReceivedPacket& packet,
                               Bytes message) noexcept {
  // Others' reports are for routers.
  if (wire::parse_icmp6(message)->type != wire::Icmp6Type::listener_query) return true;
  const auto query = wire::parse_mld_query(message);
  if (!query || what.hop_limit != 1 || !what.source.is_link_local()) return false;
  const Bytes first = packet.first();
  if (!wire::follow_extensions(first.subspan(what.network_start)).router_alert) return false;
  mld_.queried(*query);
  return true;
}

}  // namespace sundog::net
