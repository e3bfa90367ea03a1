// Arp: asks for the Ethernet addresses of IPv4 neighbours, and answers (RFC 826); and sees to it
// that no address is used that another machine has (RFC 5227).
//
//   claim()      probes 3 in 3 s       2 s later              announces 2 in 2 s
//   tentative -------------------> ------------> preferred -----------------------> defended
//        |  somebody has it, or probes for it too                 | somebody else sends with it
//        v                                                        v
//      lost: the claimant is told                      once in 10 s: announced again; twice: lost
//
// It also learns from what is not for this machine's own questions: a machine that asks for us is
// about to be answered, and one that announces a new address for a known neighbour is believed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/net/interface/address_claimant.hpp"
#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/interface/neighbours.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/interface/unreachable_user.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/wire/arp.hpp"
#include "sundog/io/prefix.hpp"

namespace sundog::net {

class Arp final : private NeighbourUser, private Ticked {
 public:
  // All outlive it. Throws std::bad_alloc.
  Arp(Interface& interface, Ticks& ticks, RandomSource& random, UnreachableUser& user);
  ~Arp();

  NeighbourCache& neighbours() noexcept { return cache_; }
  // A message has come, from behind the frame's header.
  void received(Bytes message) noexcept;

  // The address becomes one of the interface's, when nobody else has it. The claimant outlives this
  // or gives up. Throws std::bad_alloc.
  void claim(const Prefix& address, AddressClaimant& claimant);
  // The address is no longer this machine's.
  void give_up(const IpAddress& address) noexcept;
  // Says that this machine has the address, so that others forget what they knew (gratuitous ARP):
  // for an address that was not claimed, and after the link was down.
  void announce(const IpAddress& address) noexcept;

  void tick(TimePoint now) noexcept override;

 private:
  struct Claim {
    Prefix address;
    AddressClaimant* claimant = nullptr;
    std::uint8_t probes_left = 0;
    std::uint8_t announcements_left = 0;
    TimePoint next = never;
    TimePoint last_conflict = TimePoint::min();
  };

  void ask(const IpAddress& neighbour, std::optional<MacAddress> known) noexcept override;
  void resolved(MacAddress target, WaitingFrames& frames) noexcept override;
  void unanswered(const IpAddress& neighbour, WaitingFrames& frames) noexcept override;
  void send(MacAddress target, const wire::Arp& message) noexcept;
  Claim* find_claim(const IpAddress& address) noexcept;
  void step(Claim& claim, TimePoint now) noexcept;
  // Whether another machine uses, or is about to use, one of our addresses.
  void look_for_conflict(const wire::Arp& message) noexcept;
  void lose(Claim& claim) noexcept;
  Duration random_between(Duration least, Duration most) noexcept;

  Interface& interface_;
  Ticks& ticks_;
  RandomSource& random_;
  UnreachableUser& user_;
  NeighbourCache cache_;
  std::vector<Claim> claims_;
};

}  // namespace sundog::net
