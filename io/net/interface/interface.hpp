// Interface: a link with what IP knows of it: addresses, groups, the neighbours' addresses, and
// those who wait for room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/net/interface/link.hpp"
#include "sundog/io/net/interface/neighbours.hpp"
#include "sundog/io/net/interface/waiting_frames.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/net/limits.hpp"
#include "sundog/io/net/wire/ethernet.hpp"
#include "sundog/io/prefix.hpp"

namespace sundog::net {

enum class AddressState : std::uint8_t {
  tentative,  // others may have it: it is not used yet
  preferred,
  deprecated,  // still taken, but no source for what is new (RFC 4862 section 5.5.4)
  duplicate,   // another machine has it: it is not used
};

struct InterfaceAddress {
  Prefix prefix;
  AddressState state = AddressState::preferred;
  // The other addresses of its network are neighbours. An address that was made from a router's
  // advertisement does not say that (RFC 5942 section 4).
  bool on_link = true;

  // Packets may come from it and to it.
  bool is_usable() const noexcept {
    return state == AddressState::preferred || state == AddressState::deprecated;
  }
};

struct InterfaceStatistics {
  std::uint64_t held_frames = 0;      // for a neighbour who was not known yet
  std::uint64_t no_neighbour = 0;     // ipOutNoRoutes has no name of its own for these
  std::uint64_t dropped_waiting = 0;  // frames for which there was no place to wait in
};

class Interface;

// Is told what an interface receives.
class InterfaceUser {
 public:
  virtual void frame(Interface& interface, ReceivedPacket packet) noexcept = 0;
  virtual void link_changed(Interface& interface, bool up) noexcept = 0;
  // Its addresses, or its mtu, are others than before.
  virtual void changed(Interface& interface) noexcept = 0;
  // Packets to this group are wanted by now, or no longer. Throws std::bad_alloc for the former.
  virtual void group_changed(Interface& interface, const IpAddress& group, bool wanted) = 0;

 protected:
  ~InterfaceUser() = default;
};

class Interface final : private LinkUser {
 public:
  // The user outlives it. `name` is what it is called in zones (RFC 4007), beside its number.
  Interface(InterfaceId id, std::string name, std::unique_ptr<Link> link, InterfaceUser& user);
  ~Interface();
  Interface(const Interface&) = delete;
  Interface& operator=(const Interface&) = delete;

  InterfaceId id() const noexcept { return id_; }
  const std::string& name() const noexcept { return name_; }
  Link& link() const noexcept { return *link_; }
  // Of an IP packet: what the device takes, or less.
  std::uint32_t mtu() const noexcept { return mtu_; }
  void set_mtu(std::uint32_t mtu) noexcept;
  // The same of one family; routers may say less for IPv6 (RFC 4861 section 6.3.4), and 0 says
  // nothing.
  std::uint32_t mtu(IpAddress::Family family) const noexcept;
  void set_mtu_v6(std::uint32_t mtu) noexcept;
  // Of IPv6 packets whose sender leaves it open, as routers advise.
  std::uint8_t hop_limit() const noexcept { return hop_limit_; }
  void set_hop_limit(std::uint8_t hop_limit) noexcept;
  // Whose zone that is: its name or its number.
  bool is_zone(std::string_view zone) const noexcept;
  const InterfaceStatistics& statistics() const noexcept { return statistics_; }

  // Receives for as long as it is not cancelled.
  Task<void> run() { return link_->run(*this); }

  // --- addresses; the zone of a link-local one is left away ---

  const std::vector<InterfaceAddress>& addresses() const noexcept { return addresses_; }
  // Null if it has none such.
  const InterfaceAddress* find(const IpAddress& address) const noexcept;
  // It is an address of this interface, and usable.
  bool has(const IpAddress& address) const noexcept;
  // Adds it, or changes what there is. Throws std::bad_alloc.
  void set_address(const Prefix& prefix, AddressState state, bool on_link = true);
  // Of an address that it has.
  void set_state(const IpAddress& address, AddressState state) noexcept;
  void remove_address(const IpAddress& address) noexcept;
  // The address that packets to `destination` should come from (RFC 6724 section 5, of which the
  // rules that compare interfaces do not matter here); null if there is none of its family.
  const IpAddress* source_for(const IpAddress& destination) const noexcept;
  // An IPv4 address that stands for all hosts of a network that this interface is in.
  bool is_broadcast(const IpAddress& address) const noexcept;

  // --- groups ---

  // They count. Throws std::bad_alloc.
  void join(const IpAddress& group);
  void leave(const IpAddress& group) noexcept;
  bool is_joined(const IpAddress& group) const noexcept;

  // --- sending ---

  // A buffer for a frame, or an empty one; then whoever waits is told when there is one.
  TransmitBuffer try_buffer(std::size_t size) noexcept;
  void wait_for_room(RoomWaiter& waiter) noexcept;
  // Does nothing if it waits nowhere.
  static void stop_waiting(RoomWaiter& waiter) noexcept;
  // The frames of this family's packets go where this says. Null for none: nobody is found.
  void set_neighbours(IpAddress::Family family, NeighbourCache* cache) noexcept;
  NeighbourCache* neighbours(IpAddress::Family family) const noexcept {
    return family == IpAddress::Family::v4 ? neighbours4_ : neighbours6_;
  }
  // Sends a packet that stands behind an empty frame header to a neighbour, or to a group. The
  // payload follows it; null for none.
  void send(const IpAddress& next_hop, bool is_group, TransmitBuffer frame, LentPayload* payload,
            const PacketOffload& offload) noexcept;
  // The same for the pieces of a packet without a frame header, which are copied; they need not
  // fit into the device's memory now. False: there is no place for it to wait either.
  bool send_copy(const IpAddress& next_hop, bool is_group, std::span<const Bytes> pieces,
                 const PacketOffload& offload) noexcept;
  // How many bytes may wait in addition.
  std::size_t waiting_bytes_left() const noexcept { return budget_.left(); }
  // Fills in the frame's header and sends it.
  void transmit(MacAddress target, wire::EtherType type, TransmitBuffer frame, LentPayload* payload,
                const PacketOffload& offload) noexcept;
  // Frames whose header wants the target only: they leave when there is room.
  void transmit(MacAddress target, WaitingFrames& frames) noexcept;

 private:
  struct Group {
    IpAddress address;
    std::size_t count;
  };

  void frame(ReceivedPacket packet) noexcept override;
  void room() noexcept override;
  void link_changed(bool up) noexcept override;
  // Sends what waits, for as long as there is room.
  void send_waiting() noexcept;
  void hold(const IpAddress& next_hop, std::span<const Bytes> pieces,
            const PacketOffload& offload) noexcept;

  const InterfaceId id_;
  const std::string name_;
  std::unique_ptr<Link> link_;
  InterfaceUser& user_;
  std::uint32_t mtu_;
  std::uint32_t mtu_v6_ = 0;  // 0: as mtu_
  std::uint8_t hop_limit_ = default_hop_limit;
  std::vector<InterfaceAddress> addresses_;
  std::vector<Group> groups_;
  NeighbourCache* neighbours4_ = nullptr;
  NeighbourCache* neighbours6_ = nullptr;
  FrameBudget budget_{limits::waiting_bytes};
  WaitingFrames waiting_;
  List<RoomWaiter> room_waiters_;
  // The largest buffer that could not be had since there was room last.
  std::size_t missing_bytes_ = 0;
  InterfaceStatistics statistics_;
};

}  // namespace sundog::net
