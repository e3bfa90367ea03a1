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
// An IPv6 address is used when no other machine has it, which takes two seconds; an interface makes
// itself one by what routers advertise, if it is to (Ipv6Settings). Prefix address = co_await
// ip.ready_address(id, family) waits for that, as for DHCP's.
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
#include "sundog/io/net/icmp/icmp6.hpp"
#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/interface/path_mtu.hpp"
#include "sundog/io/net/interface/routes.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/ipv4/arp.hpp"
#include "sundog/io/net/ipv4/igmp.hpp"
#include "sundog/io/net/ipv4/ipv4.hpp"
#include "sundog/io/net/ipv6/ipv6.hpp"
#include "sundog/io/net/ipv6/ipv6_interface.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/statistics.hpp"
#include "sundog/runtime/condition.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::net {

class IpLayer final : public Ip,
                      private InterfaceUser,
                      private UnreachableUser,
                      private ErrorUser,
                      private Delivery,
                      private LinkMessageUser,
                      private RouteUser,
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
  Ipv6Interface& ipv6(InterfaceId id) const noexcept { return ports_[id]->ipv6; }
  // An IPv4 address may be used at once, and the neighbours hear of it; to ask them before, claim
  // it (arp().claim()). An IPv6 address may be used when no neighbour has it; see Ipv6Settings.
  void set_address(InterfaceId interface, const Prefix& address);
  void remove_address(InterfaceId interface, const IpAddress& address) noexcept;
  // Those ready for use, of all interfaces, without the loopback's and IPv6's link-local ones.
  std::vector<Prefix> addresses() const;
  // Waits until the interface has an address of this family that is ready for use and known beyond
  // its link, wherever it comes from. Throws std::system_error: address_in_use where another
  // machine has the one that was set.
  Task<Prefix> ready_address(InterfaceId interface, IpAddress::Family family);
  // Those that IPv6's routers advertise, of all interfaces; those of DHCP are in its lease.
  std::vector<IpAddress> name_servers() const;
  void add_route(const RouteEntry& entry) override;
  void remove_route(const RouteEntry& entry) noexcept override;
  const RouteTable& routes() const noexcept { return routes_; }

  // Counters since the beginning, of all interfaces together.
  const IpStatistics& statistics4() const noexcept { return statistics4_; }
  const IpStatistics& statistics6() const noexcept { return statistics6_; }
  const ReassemblyStatistics& reassembly_statistics() noexcept {
    return ipv4_.reassembly().statistics();
  }
  const ReassemblyStatistics& reassembly_statistics6() noexcept {
    return ipv6_.reassembly().statistics();
  }
  const IcmpStatistics& icmp4_statistics() const noexcept { return icmp4_.statistics(); }
  const IcmpStatistics& icmp6_statistics() const noexcept { return icmp6_.statistics(); }

  // --- see Ip ---

  Route route(const RouteQuery& query, std::errc& error) const noexcept override;
  std::uint32_t generation() const noexcept override { return generation_; }
  bool is_own(const IpAddress& address) const noexcept override;
  IpAddress in_numbered_zone(const IpAddress& address) const noexcept override;
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
    Port(InterfaceId id, std::string name, std::unique_ptr<Link> link, IpLayer& layer);
    Interface interface;
    Arp arp;
    Igmp igmp;
    Ipv6Interface ipv6;
  };
  // IGMP's messages go to the interface that they came from.
  class IgmpInput final : public Protocol {
   public:
    explicit IgmpInput(IpLayer& layer) noexcept : layer_(layer) {}
    std::uint16_t checksum_offset() const noexcept override;
    void received(const Received& what, ReceivedPacket packet) noexcept override;
    void failed(const ErrorReport&) noexcept override {}

   private:
    IpLayer& layer_;
  };

  void frame(Interface& interface, ReceivedPacket packet) noexcept override;
  void link_changed(Interface& interface, bool up) noexcept override;
  void changed(Interface& interface) noexcept override;
  void group_changed(Interface& interface, const IpAddress& group, bool wanted) override;
  void link_message(const Received& what, const ReceivedPacket& packet) noexcept override;
  void header_problem(const Received& what, const ReceivedPacket& packet, wire::Icmp6Problem code,
                      std::size_t pointer, bool tell_of_groups) noexcept override;
  void reassembly_timed_out(const IncompletePacket& packet) noexcept override;
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
  bool try_send_fragments(const Route& route, std::span<const Bytes> pieces,
                          const Sending& sending) noexcept;

  RandomSource& random_;
  Ticks& ticks_;
  IpStatistics statistics4_;
  IpStatistics statistics6_;
  std::vector<std::unique_ptr<Port>> ports_;
  RouteTable routes_;
  PathMtus path_mtus_;
  std::uint32_t generation_ = 1;
  // Addresses are others than before.
  Condition<> news_;
  struct Registered {
    ProtocolNumber number;
    Protocol* protocol;
  };
  std::array<Registered, 8> protocols_{};
  std::size_t protocol_count_ = 0;
  Ipv4 ipv4_;
  Ipv6 ipv6_;
  IcmpLimits icmp_limits_;
  Icmp4 icmp4_;
  Icmp6 icmp6_;
  IgmpInput igmp_input_{*this};
};

}  // namespace sundog::net
