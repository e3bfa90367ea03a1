// NeighbourDiscovery: asks for the Ethernet addresses of IPv6 neighbours, and answers (RFC 4861
// section 7); and sees to it that no address is used that another machine has (RFC 4862 section
// 5.4). What ARP is for IPv4.
//
//    claim()      at most 1 s, a probe         1 s without an answer
//   tentative ------------------------> ...  ------------------------> preferred
//        |  somebody has it, or probes for it too                          | the link was down
//        v                                                                 v
//   duplicate, or the claimant is told                                 tentative again
//
// Every address that it was given is one of the interface's, and in each state a member of the
// group in which it is asked for.
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
#include "sundog/io/net/wire/neighbour_discovery.hpp"
#include "sundog/io/prefix.hpp"

namespace sundog::net {

// Is told of neighbours that may be routers.
class RouterWatcher {
 public:
  // It does not answer any more.
  virtual void neighbour_gone(const IpAddress& neighbour) noexcept = 0;
  // It says of itself whether it is one.
  virtual void neighbour_heard(const IpAddress& neighbour, bool is_router) noexcept = 0;

 protected:
  ~RouterWatcher() = default;
};

struct DiscoveryStatistics {
  std::uint64_t solicitations = 0;   // ipv6IfIcmpInNeighborSolicits, the right ones
  std::uint64_t advertisements = 0;  // ipv6IfIcmpInNeighborAdvertisements, the right ones
  std::uint64_t duplicates = 0;      // addresses of ours that another machine had
  std::uint64_t conflicts = 0;       // advertisements by others of addresses that are used here
};

class NeighbourDiscovery final : private NeighbourUser, private Ticked {
 public:
  // All outlive it. Throws std::bad_alloc.
  NeighbourDiscovery(Interface& interface, Ticks& ticks, RandomSource& random,
                     UnreachableUser& user, RouterWatcher& routers);
  ~NeighbourDiscovery();

  NeighbourCache& neighbours() noexcept { return cache_; }
  const DiscoveryStatistics& statistics() const noexcept { return statistics_; }

  // How often an address is asked for before it is used; 0: at once.
  void set_probes(std::uint8_t count) noexcept { probe_count_ = count; }
  // How far apart (RFC 4861 section 6.3.4).
  void set_probes_apart(Duration apart) noexcept { probes_apart_ = apart; }

  // The address becomes one of the interface's, when nobody else has it. The claimant outlives this
  // or gives up; null for none: the address stays there as a duplicate. `on_link` says that its
  // network's other addresses are neighbours. Throws std::bad_alloc.
  void claim(const Prefix& address, AddressClaimant* claimant, bool on_link);
  // The address is no longer this machine's. Does nothing if it was not claimed.
  void give_up(const IpAddress& address) noexcept;
  // The link was down: others may have taken the addresses meanwhile, duplicates may be free.
  void claim_all_again() noexcept;

  // A message for this interface. It has come from no further than the link, and its options are
  // whole.
  void solicited(const IpAddress& source, const IpAddress& destination,
                 const wire::NeighbourSolicitation& message) noexcept;
  void advertised(const IpAddress& destination,
                  const wire::NeighbourAdvertisement& message) noexcept;

  void tick(TimePoint now) noexcept override;

 private:
  struct Claim {
    Prefix address;
    AddressClaimant* claimant = nullptr;
    std::uint8_t probes_left = 0;
    // Of the next probe, or of the end of the wait for answers.
    TimePoint next = never;
    wire::DiscoveryNonce nonce{};
  };

  void ask(const IpAddress& neighbour, std::optional<MacAddress> known) noexcept override;
  void resolved(MacAddress target, WaitingFrames& frames) noexcept override;
  void unanswered(const IpAddress& neighbour, WaitingFrames& frames) noexcept override;
  Claim* find_claim(const IpAddress& address) noexcept;
  void begin(Claim& claim) noexcept;
  void step(Claim& claim, TimePoint now) noexcept;
  void probe(Claim& claim) noexcept;
  void lose(Claim& claim) noexcept;
  void answer(const IpAddress& source, const wire::NeighbourSolicitation& message) noexcept;

  Interface& interface_;
  Ticks& ticks_;
  RandomSource& random_;
  UnreachableUser& user_;
  RouterWatcher& routers_;
  NeighbourCache cache_;
  std::uint8_t probe_count_ = 1;
  Duration probes_apart_ = limits::neighbour_request_apart;
  std::vector<Claim> claims_;
  DiscoveryStatistics statistics_;
};

}  // namespace sundog::net
