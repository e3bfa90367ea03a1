// IpLayer: the Ip of a real machine: its interfaces, addresses and routes, and both versions of IP
// over them. Transports are registered with it.
//
//   IpLayer ip(random, ticks);
//   Interface& wire = ip.add_interface("wire", std::move(link));  // a LinkOver<CableEnd>, say
//   ip.set_address(wire.id(), Prefix::parse("192.0.2.2/24"));
//   ip.add_route({.destination = Prefix::parse("0.0.0.0/0"),
//                 .gateway = IpAddress::parse("192.0.2.1"), .interface = wire.id()});
//   co_await ip.run();                       // beside it, the transports' users
//
// Networks that an interface's own addresses are in need no route. The loopback is there from the
// beginning, with 127.0.0.1/8 and ::1/128.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sundog/io/net/icmp/icmp4.hpp"
#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/interface/path_mtu.hpp"
#include "sundog/io/net/interface/routes.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/ipv4/arp.hpp"
#include "sundog/io/net/ipv4/ipv4.hpp"
#include "sundog/io/net/ipv6/ipv6.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/statistics.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::net {

class IpLayer final : public Ip,
                      private InterfaceUser,
                      private UnreachableUser,
                      private ErrorUser,
                      private Delivery,
                      private Ticked {
 public:
  // Both outlive it. Throws std::bad_alloc.
  IpLayer(RandomSource& random, Ticks& ticks);
  ~IpLayer();
  IpLayer(const IpLayer&) = delete;
  IpLayer& operator=(const IpLayer&) = delete;

  // Receives on all interfaces for as long as it is not cancelled. Those that are added later need
  // another call.
  Task<void> run();

  // --- configuration; all throw std::bad_alloc ---

  // At most 254; `name` has 15 characters at most.
  Interface& add_interface(std::string name, std::unique_ptr<Link> link);
  std::size_t interface_count() const noexcept { return ports_.size(); }
  Interface& interface(InterfaceId id) const noexcept { return ports_[id]->interface; }
  Arp& arp(InterfaceId id) const noexcept { return ports_[id]->arp; }
  // The address may be used at once, and the neighbours hear of it; to ask them before, claim it
  // (arp().claim()).
  void set_address(InterfaceId interface, const Prefix& address);
  void remove_address(InterfaceId interface, const IpAddress& address) noexcept;
  // Of all interfaces, the loopback's left away: those that are ready for use.
  std::vector<Prefix> addresses() const;
  void add_route(const RouteEntry& entry);
  void remove_route(const RouteEntry& entry) noexcept;
  const RouteTable& routes() const noexcept { return routes_; }

  // Counters since the beginning, of all interfaces together.
  const IpStatistics& statistics4() const noexcept { return statistics4_; }
  const IpStatistics& statistics6() const noexcept { return statistics6_; }
  const ReassemblyStatistics& reassembly_statistics() noexcept {
    return ipv4_.reassembly().statistics();
  }
  const Icmp4Statistics& icmp4_statistics() const noexcept { return icmp4_.statistics(); }

  // --- see Ip ---

  Route route(const RouteQuery& query, std::errc& error) const noexcept override;
  std::uint32_t generation() const noexcept override { return generation_; }
  bool is_own(const IpAddress& address) const noexcept override;
  void confirm(const Route& route) noexcept override;
  Outgoing try_packet(const Route& route, std::size_t transport_bytes) noexcept override;
  void wait_for_room(const Route& route, RoomWaiter& waiter) noexcept override;
  void stop_waiting(RoomWaiter& waiter) noexcept override;
  void send(const Route& route, Outgoing packet, const Sending& sending) noexcept override;
  void send(const Route& route, Outgoing packet, LentPayload& payload,
            const Sending& sending) noexcept override;
  bool try_send(const Route& route, std::span<const Bytes> pieces,
                const Sending& sending) noexcept override;
  void join(InterfaceId interface, const IpAddress& group) override;
  void leave(InterfaceId interface, const IpAddress& group) noexcept override;
  void refuse(const Received& what, const ReceivedPacket& packet,
              ErrorReport::Kind why) noexcept override;
  void add(ProtocolNumber number, Protocol& protocol) noexcept override;

 private:
  struct Port {
    Port(InterfaceId id, std::string name, std::unique_ptr<Link> link, IpLayer& layer)
        : interface(id, std::move(name), std::move(link), layer),
          arp(interface, layer.ticks_, layer.random_, layer) {}
    Interface interface;
    Arp arp;
  };

  void frame(Interface& interface, ReceivedPacket packet) noexcept override;
  void link_changed(Interface& interface, bool up) noexcept override;
  void changed(Interface& interface) noexcept override;
  void neighbour_unreachable(Interface& interface, Bytes frame) noexcept override;
  void failed(ProtocolNumber protocol, ErrorReport report) noexcept override;
  void deliver(ProtocolNumber protocol, Received& what, ReceivedPacket packet) noexcept override;
  // What was known of paths is too old: routes that are kept must be asked for anew.
  void tick(TimePoint now) noexcept override;

  // Finds the interface and the next hop; false: there is no way.
  bool find_way(const RouteQuery& query, InterfaceId interface, Route& route) const noexcept;
  // The interface that has this address; null if none has.
  Interface* owner_of(const IpAddress& address) const noexcept;
  Interface* in_zone(std::string_view zone) const noexcept;
  // The interface for a group where none was named.
  InterfaceId default_interface(IpAddress::Family family) const noexcept;
  Protocol* find(ProtocolNumber protocol) const noexcept;
  void send(const Route& route, Outgoing packet, LentPayload* payload,
            const Sending& sending) noexcept;

  RandomSource& random_;
  Ticks& ticks_;
  IpStatistics statistics4_;
  IpStatistics statistics6_;
  std::vector<std::unique_ptr<Port>> ports_;
  RouteTable routes_;
  PathMtus path_mtus_;
  std::uint32_t generation_ = 1;
  struct Registered {
    ProtocolNumber number;
    Protocol* protocol;
  };
  std::array<Registered, 8> protocols_{};
  std::size_t protocol_count_ = 0;
  Ipv4 ipv4_;
  Ipv6 ipv6_;
  Icmp4 icmp4_;
};

}  // namespace sundog::net
