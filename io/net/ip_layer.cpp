#include "sundog/io/net/ip_layer.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "sundog/io/net/interface/loopback_link.hpp"
#include "sundog/io/net/interface/pieces.hpp"
#include "sundog/io/net/transport_checksum.hpp"
#include "sundog/io/net/wire/ethernet.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/igmp.hpp"
#include "sundog/io/net/wire/ipv6_extensions.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog::net {
namespace {

constexpr std::size_t pieces_max = 46;

Task<void> receive_on(Interface& interface) { co_await interface.run(); }

}  // namespace

IpLayer::IpLayer(RandomSource& random, Ticks& ticks)
    : random_(random),
      ticks_(ticks),
      ipv4_(ticks, random, *this, statistics4_),
      ipv6_(ticks, random, *this, statistics6_),
      icmp4_(*this, ticks, *this, icmp_limits_),
      icmp6_(*this, ticks, *this, *this, icmp_limits_) {
  Interface& loopback = add_interface("lo", std::make_unique<LoopbackLink>());
  constexpr unsigned loopback_bits = 8;
  constexpr unsigned all_bits = 128;
  loopback.set_address(Prefix(IpAddress::loopback_v4(), loopback_bits), AddressState::preferred);
  loopback.set_address(Prefix(IpAddress::loopback_v6(), all_bits), AddressState::preferred);
  add(ProtocolNumber::icmp4, icmp4_);
  add(ProtocolNumber::icmp6, icmp6_);
  add(ProtocolNumber::igmp, igmp_input_);
  ticks_.add(*this);
}
IpLayer::~IpLayer() { ticks_.remove(*this); }

IpLayer::Port::Port(InterfaceId id, std::string name, std::unique_ptr<Link> link, IpLayer& layer)
    : interface(id, std::move(name), std::move(link), layer),
      arp(interface, layer.ticks_, layer.random_, layer),
      igmp(interface, layer.ticks_, layer.random_),
      ipv6(interface, layer.ticks_, layer.random_, layer, layer) {
  if (!interface.link().is_loopback()) interface.join(wire::all_hosts_group);
}

Task<void> IpLayer::run() {
  co_await scope([this](Scope& tasks) -> Task<void> {
    for (const auto& port : ports_) {
      tasks.spawn(receive_on(port->interface));
      port->ipv6.start();
    }
    co_return;
  });
}

// --- configuration ---

Interface& IpLayer::add_interface(std::string name, std::unique_ptr<Link> link) {
  SUNDOG_ASSERT(ports_.size() < any_interface, "a stack has 254 interfaces at most");
  const auto id = static_cast<InterfaceId>(ports_.size());
  ports_.push_back(std::make_unique<Port>(id, std::move(name), std::move(link), *this));
  ++generation_;
  return ports_.back()->interface;
}

void IpLayer::set_address(InterfaceId id, const Prefix& address) {
  if (address.address().is_v6() && id != loopback_interface) {
    return ipv6(id).discovery().claim(address, nullptr, true);
  }
  interface(id).set_address(address, AddressState::preferred);
  if (id != loopback_interface) arp(id).announce(address.address());
}

void IpLayer::remove_address(InterfaceId id, const IpAddress& address) noexcept {
  if (address.is_v6() && id != loopback_interface) return ipv6(id).discovery().give_up(address);
  interface(id).remove_address(address);
}

std::vector<Prefix> IpLayer::addresses() const {
  std::vector<Prefix> all;
  for (const auto& port : ports_) {
    if (port->interface.id() == loopback_interface) continue;
    for (const InterfaceAddress& one : port->interface.addresses()) {
      const IpAddress& address = one.prefix.address();
      if (one.is_usable() && !(address.is_v6() && address.is_link_local())) {
        all.push_back(one.prefix);
      }
    }
  }
  return all;
}

Task<Prefix> IpLayer::ready_address(InterfaceId id, IpAddress::Family family) {
  for (;;) {
    bool is_pending = false;
    const InterfaceAddress* duplicate = nullptr;
    for (const InterfaceAddress& one : interface(id).addresses()) {
      const IpAddress& address = one.prefix.address();
      if (address.family() != family || (address.is_v6() && address.is_link_local())) continue;
      if (one.is_usable()) co_return one.prefix;
      is_pending = is_pending || one.state == AddressState::tentative;
      if (one.state == AddressState::duplicate) duplicate = &one;
    }
    if (duplicate != nullptr && !is_pending) {
      throw std::system_error(std::make_error_code(std::errc::address_in_use),
                              duplicate->prefix.address().to_string() +
                                  " is not used, another machine on the network has it: give this "
                                  "one another address, or leave it out for routers to say one");
    }
    co_await news_.wait();
  }
}

std::vector<IpAddress> IpLayer::name_servers() const {
  std::vector<IpAddress> all;
  for (const auto& port : ports_) {
    for (const IpAddress& server : port->ipv6.routers().name_servers()) all.push_back(server);
  }
  return all;
}

void IpLayer::add_route(const RouteEntry& entry) {
  routes_.add(entry);
  ++generation_;
}
void IpLayer::remove_route(const RouteEntry& entry) noexcept {
  routes_.remove(entry);
  ++generation_;
}

void IpLayer::changed(Interface&) noexcept {
  ++generation_;
  news_.broadcast();
}

void IpLayer::group_changed(Interface& interface, const IpAddress& group, bool wanted) {
  // While an interface is being made it joins groups of which nobody is told.
  if (interface.link().is_loopback() || interface.id() >= ports_.size()) return;
  Port& port = *ports_[interface.id()];
  if (group.is_v4()) {
    port.igmp.changed(group, wanted);
  } else {
    port.ipv6.mld().changed(group, wanted);
  }
}

void IpLayer::link_changed(Interface& interface, bool up) noexcept {
  ++generation_;
  Port& port = *ports_[interface.id()];
  // It may hang somewhere else now.
  port.arp.neighbours().clear();
  port.ipv6.link_changed(up);
  if (!up) return;
  port.igmp.link_up();
  for (const InterfaceAddress& one : interface.addresses()) {
    const IpAddress& address = one.prefix.address();
    if (address.is_v4() && interface.has(address)) arp(interface.id()).announce(address);
  }
}

// --- routes ---

Interface* IpLayer::owner_of(const IpAddress& address) const noexcept {
  for (const auto& port : ports_) {
    if (!port->interface.has(address)) continue;
    // What this machine sends to itself comes from the loopback, and all zones are there.
    if (address.zone().empty() || port->interface.is_zone(address.zone()) ||
        interface(loopback_interface).is_zone(address.zone())) {
      return &port->interface;
    }
  }
  return nullptr;
}

Interface* IpLayer::in_zone(std::string_view zone) const noexcept {
  for (const auto& port : ports_) {
    if (port->interface.is_zone(zone)) return &port->interface;
  }
  return nullptr;
}

bool IpLayer::is_own(const IpAddress& address) const noexcept {
  return address.is_v4() && address.is_loopback() ? true : owner_of(address) != nullptr;
}

IpAddress IpLayer::in_numbered_zone(const IpAddress& address) const noexcept {
  if (!address.may_have_zone()) return address;
  const Interface* const owner =
      address.is_multicast() ? in_zone(address.zone()) : owner_of(address);
  return owner == nullptr ? address : address.in_zone(Decimal(unsigned{owner->id()}));
}

InterfaceId IpLayer::default_interface(IpAddress::Family family) const noexcept {
  const IpAddress any = family == IpAddress::Family::v4 ? IpAddress::any_v4() : IpAddress::any_v6();
  if (const RouteEntry* const entry = routes_.find(any, any_interface)) return entry->interface;
  // Without a default route, the first device.
  return ports_.size() > 1 ? InterfaceId{1} : any_interface;
}

bool IpLayer::find_way(const RouteQuery& query, InterfaceId wanted, Route& route) const noexcept {
  const IpAddress& destination = query.destination;
  const bool is_limited_broadcast = destination == IpAddress::v4({255, 255, 255, 255});
  if (destination.is_multicast() || is_limited_broadcast) {
    route.interface = wanted != any_interface ? wanted : default_interface(destination.family());
    route.next_hop = destination;
    route.is_group = true;
    return route.interface != any_interface;
  }
  // Networks that an interface is in, and beside them the table's.
  // No router sends on what is for a link-local address (RFC 4291 section 2.5.6).
  const bool is_of_a_link = destination.is_v6() && destination.is_link_local();
  const RouteEntry* const entry = is_of_a_link ? nullptr : routes_.find(destination, wanted);
  unsigned longest = 0;
  const Interface* own_network = nullptr;
  for (const auto& port : ports_) {
    const Interface& interface = port->interface;
    if (interface.id() == loopback_interface) continue;
    if (wanted != any_interface && interface.id() != wanted) continue;
    for (const InterfaceAddress& one : interface.addresses()) {
      if (!one.is_usable() || !one.on_link) continue;
      const unsigned length = one.prefix.length_bits();
      if ((own_network == nullptr || length > longest) &&
          one.prefix.contains(destination.is_v6() ? destination.in_zone({}) : destination)) {
        own_network = &interface;
        longest = length;
      }
    }
  }
  if (own_network != nullptr && (entry == nullptr || entry->destination.length_bits() <= longest)) {
    route.interface = own_network->id();
    route.next_hop = destination;
  } else if (entry != nullptr) {
    route.interface = entry->interface;
    route.next_hop = entry->gateway.is_any() ? destination : entry->gateway;
  } else if (wanted != any_interface && destination.is_link_local()) {
    route.interface = wanted;
    route.next_hop = destination;
  } else {
    return false;
  }
  route.is_group =
      route.next_hop == destination && interface(route.interface).is_broadcast(destination);
  return true;
}

Route IpLayer::route(const RouteQuery& query, std::errc& error) const noexcept {
  Route route;
  route.destination = query.destination;
  InterfaceId wanted = query.interface;
  if (!query.source.is_any()) {
    const Interface* const owner = owner_of(query.source);
    if (owner == nullptr && !query.source.is_loopback()) {
      error = std::errc::address_not_available;
      return route;
    }
    if (owner != nullptr && owner->id() != loopback_interface) wanted = owner->id();
  }
  if (!query.destination.zone().empty()) {
    const Interface* const named = in_zone(query.destination.zone());
    if (named == nullptr) {
      error = std::errc::network_unreachable;
      return route;
    }
    wanted = named->id();
    route.destination = query.destination.in_zone({});
  }
  const bool to_itself = !query.destination.is_multicast() && is_own(query.destination);
  if (to_itself) {
    route.interface = loopback_interface;
    route.next_hop = route.destination;
    route.source = query.source.is_any() ? route.destination : query.source;
  } else if (query.destination.is_any() || query.source.is_loopback() ||
             !find_way({route.destination, query.source, wanted}, wanted, route)) {
    error = std::errc::network_unreachable;
    return route;
  } else {
    const IpAddress* const source = interface(route.interface).source_for(route.destination);
    if (!query.source.is_any()) {
      route.source = query.source.is_v6() ? query.source.in_zone({}) : query.source;
    } else if (source != nullptr) {
      route.source = *source;
    } else if (route.is_group && route.destination.is_v4()) {
      // Whoever asks for an address has none yet.
      route.source = IpAddress::any_v4();
    } else {
      error = std::errc::address_not_available;
      return route;
    }
  }
  const Interface& out = interface(route.interface);
  if (route.destination.is_v6() && out.link().mtu() < limits::link_mtu_min_v6) {
    error = std::errc::network_unreachable;
    return route;
  }
  route.offloads = out.link().offloads();
  route.mtu = path_mtus_.find(route.destination, out.mtu(route.destination.family()), ticks_.now());
  if (route.destination.is_v6()) route.hop_limit = out.hop_limit();
  return route;
}

void IpLayer::confirm(const Route& route) noexcept {
  NeighbourCache* const cache = interface(route.interface).neighbours(route.next_hop.family());
  if (cache != nullptr) cache->confirm(route.next_hop);
}

// --- sending ---

Outgoing IpLayer::try_packet(const Route& route, std::size_t transport_bytes) noexcept {
  const std::size_t start = frame_header_bytes + route.header_bytes();
  TransmitBuffer buffer = interface(route.interface).try_buffer(start + transport_bytes);
  return buffer ? Outgoing(std::move(buffer), start) : Outgoing();
}

void IpLayer::wait_for_room(const Route& route, RoomWaiter& waiter) noexcept {
  interface(route.interface).wait_for_room(waiter);
}
void IpLayer::stop_waiting(RoomWaiter& waiter) noexcept { Interface::stop_waiting(waiter); }

void IpLayer::send(const Route& route, Outgoing packet, const Sending& sending) noexcept {
  send(route, std::move(packet), nullptr, sending);
}
void IpLayer::send(const Route& route, Outgoing packet, LentPayload& payload,
                   const Sending& sending) noexcept {
  send(route, std::move(packet), &payload, sending);
}

void IpLayer::send(const Route& route, Outgoing packet, LentPayload* payload,
                   const Sending& sending) noexcept {
  const std::size_t start = packet.transport_start();
  TransmitBuffer frame = packet.take();
  const std::span<const Bytes> pieces =
      payload == nullptr ? std::span<const Bytes>() : payload->pieces;
  const PacketOffload offload = finish_checksum(route, frame.bytes(), start, pieces, sending);
  const std::size_t bytes = frame.bytes().size() - start + total_bytes(pieces);
  const MutableBytes header = frame.bytes().subspan(frame_header_bytes);
  if (route.source.is_v4()) {
    ++statistics4_.sent;
    ipv4_.write_header(header, route, sending, bytes);
  } else {
    ++statistics6_.sent;
    Ipv6::write_header(header, route, sending, bytes);
  }
  interface(route.interface)
      .send(route.next_hop, route.is_group, std::move(frame), payload, offload);
}

bool IpLayer::try_send(const Route& route, std::span<const Bytes> pieces,
                       const Sending& sending) noexcept {
  SUNDOG_ASSERT(pieces.size() + 2 <= pieces_max, "a packet in so many pieces is copied before");
  const std::size_t bytes = total_bytes(pieces);
  SUNDOG_ASSERT(bytes + route.header_bytes() <= ip_packet_bytes_max, "no IP packet is as long");
  if (bytes <= route.transport_bytes_max()) {
    Outgoing packet = try_packet(route, bytes);
    if (!packet) return false;
    std::byte* to = packet.bytes().data();
    for (const Bytes piece : pieces) to = std::ranges::copy(piece, to).out;
    send(route, std::move(packet), nullptr, sending);
    return true;
  }
  IpStatistics& statistics = route.source.is_v6() ? statistics6_ : statistics4_;
  if (sending.dont_fragment) {
    ++statistics.too_big;
    return true;
  }
  ++statistics.sent;
  if (sending.checksum_offset == Sending::no_checksum) {
    return try_send_fragments(route, pieces, sending);
  }
  // The checksum is put between what stands in front of it and behind it.
  std::array<std::byte, 2> checksum{};
  wire::write_u16(checksum, 0, checksum_of(route, pieces, sending));
  std::array<Bytes, pieces_max> all;
  all[0] = pieces.front().first(sending.checksum_offset);
  all[1] = checksum;
  all[2] = pieces.front().subspan(sending.checksum_offset + checksum.size());
  std::ranges::copy(pieces.subspan(1), all.begin() + 3);
  return try_send_fragments(route, std::span(all).first(pieces.size() + 2), sending);
}

bool IpLayer::try_send_fragments(const Route& route, std::span<const Bytes> pieces,
                                 const Sending& sending) noexcept {
  Interface& out = interface(route.interface);
  return route.source.is_v4() ? ipv4_.try_send_fragments(out, route, pieces, sending)
                              : ipv6_.try_send_fragments(out, route, pieces, sending);
}

void IpLayer::join(InterfaceId id, const IpAddress& group) { interface(id).join(group); }
void IpLayer::leave(InterfaceId id, const IpAddress& group) noexcept { interface(id).leave(group); }

// --- receiving ---

void IpLayer::frame(Interface& in, ReceivedPacket packet) noexcept {
  const auto header = wire::parse_ethernet(packet.first());
  if (!header) return;
  const bool is_loopback = in.id() == loopback_interface;
  const bool is_group = header->target.is_multicast();
  // A device that gives everything is somebody else's wish.
  if (!is_loopback && !is_group && header->target != in.link().mac()) return;
  switch (header->type) {
    case wire::EtherType::arp:
      if (!is_loopback) arp(in.id()).received(packet.first().subspan(frame_header_bytes));
      return;
    case wire::EtherType::ipv4:
      return ipv4_.received(in, std::move(packet), is_group);
    case wire::EtherType::ipv6:
      return ipv6_.received(in, std::move(packet), is_group);
  }
}

Protocol* IpLayer::find(ProtocolNumber number) const noexcept {
  for (const Registered& one : std::span(protocols_).first(protocol_count_)) {
    if (one.number == number) return one.protocol;
  }
  return nullptr;
}

void IpLayer::add(ProtocolNumber number, Protocol& protocol) noexcept {
  SUNDOG_ASSERT(find(number) == nullptr, "a protocol is registered once");
  SUNDOG_ASSERT(protocol_count_ < protocols_.size(), "there are no more protocols than these");
  protocols_[protocol_count_++] = Registered{number, &protocol};
}

void IpLayer::deliver(ProtocolNumber number, Received& what, ReceivedPacket packet) noexcept {
  IpStatistics& statistics = what.source.is_v4() ? statistics4_ : statistics6_;
  const MutableBytes first = packet.first();
  const std::size_t start = std::min<std::size_t>(what.transport_start, first.size());
  what.header =
      first.subspan(start, std::min<std::size_t>(what.transport_bytes, first.size() - start));
  Protocol* const protocol = find(number);
  if (protocol == nullptr) {
    ++statistics.unknown_protocols;
    return refuse(what, packet, ErrorReport::Kind::protocol_unreachable);
  }
  const std::uint16_t place = protocol->checksum_offset();
  if (place != Sending::no_checksum && !is_checksum_right(what, packet, number, place)) {
    ++statistics.wrong_checksums;
    return;
  }
  ++statistics.delivered;
  protocol->received(what, std::move(packet));
}

// --- errors ---

void IpLayer::refuse(const Received& what, const ReceivedPacket& packet,
                     ErrorReport::Kind why) noexcept {
  if (what.source.is_v4()) {
    icmp4_.refuse(what, packet, why);
  } else {
    icmp6_.refuse(what, packet, why);
  }
}

void IpLayer::header_problem(const Received& what, const ReceivedPacket& packet,
                             wire::Icmp6Problem code, std::size_t pointer,
                             bool tell_of_groups) noexcept {
  const wire::Icmp6Header error{wire::Icmp6Type::parameter_problem, static_cast<std::uint8_t>(code),
                                static_cast<std::uint32_t>(pointer)};
  icmp6_.send_error(what, packet, error, tell_of_groups);
}

void IpLayer::reassembly_timed_out(const IncompletePacket& packet) noexcept {
  Received what;
  what.source = packet.source;
  what.destination = packet.destination;
  what.interface = packet.interface;
  what.is_group = packet.is_group;
  const std::array<Bytes, 2> quoted = {packet.headers, packet.beginning};
  if (packet.source.is_v4()) {
    icmp4_.send_error(what, quoted,
                      {wire::Icmp4Type::time_exceeded, wire::icmp4_reassembly_timed_out, 0});
  } else {
    constexpr auto code = static_cast<std::uint8_t>(wire::Icmp6TimeExceeded::reassembly);
    icmp6_.send_error(what, quoted, {wire::Icmp6Type::time_exceeded, code, 0}, false);
  }
}

void IpLayer::link_message(const Received& what, const ReceivedPacket& packet) noexcept {
  if (what.interface != loopback_interface) ipv6(what.interface).received(what, packet);
}

std::uint16_t IpLayer::IgmpInput::checksum_offset() const noexcept {
  return wire::igmp_checksum_offset;
}
void IpLayer::IgmpInput::received(const Received& what, ReceivedPacket) noexcept {
  layer_.ports_[what.interface]->igmp.received(what.header);
}

void IpLayer::failed(ProtocolNumber number, ErrorReport report) noexcept {
  Protocol* const protocol = find(number);
  report.source = in_numbered_zone(report.source);
  report.destination = report.destination.in_zone(report.source.zone());
  if (protocol == nullptr || !is_own(report.source) || !protocol->has_sent(report)) return;
  if (report.kind == ErrorReport::Kind::packet_too_big) {
    std::errc error{};
    const Route now = route({.destination = report.destination, .source = report.source}, error);
    if (error != std::errc{} ||
        !path_mtus_.reduce(now.destination, report.mtu, now.mtu, ticks_.now())) {
      return;
    }
    report.mtu = path_mtus_.find(now.destination, now.mtu, ticks_.now());
    ++generation_;
    ticks_.tick_at(path_mtus_.next_expiry());
  }
  protocol->failed(report);
}

void IpLayer::tick(TimePoint now) noexcept {
  if (path_mtus_.expire(now)) ++generation_;
  if (path_mtus_.size() != 0) ticks_.tick_at(path_mtus_.next_expiry());
}

void IpLayer::neighbour_unreachable(Interface&, Bytes frame) noexcept {
  const Bytes packet = frame.subspan(frame_header_bytes);
  ErrorReport report;
  report.kind = ErrorReport::Kind::host_unreachable;
  if (const auto header = wire::parse_quoted_ipv6(packet)) {
    const wire::Extensions chain = wire::follow_extensions(packet, true);
    if (chain.end != wire::Extensions::End::transport) return;
    report.source = header->source;
    report.destination = header->destination;
    report.header = packet.subspan(chain.start);
    return failed(static_cast<ProtocolNumber>(chain.protocol), report);
  }
  const auto header = wire::parse_quoted_ipv4(packet);
  if (!header || header->fragment_offset != 0) return;
  report.source = header->source;
  report.destination = header->destination;
  report.header = packet.subspan(header->header_bytes);
  failed(static_cast<ProtocolNumber>(header->protocol), report);
}

}  // namespace sundog::net
