#include "sundog/io/net/ipv6/neighbour_discovery.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "sundog/io/net/ipv6/link_message.hpp"

namespace sundog::net {
namespace {

using wire::DiscoveryOptionType;

// A message with one option of 8 bytes.
using Message = std::array<std::byte, wire::neighbour_message_bytes + wire::mac_option_bytes>;

}  // namespace

NeighbourDiscovery::NeighbourDiscovery(Interface& interface, Ticks& ticks, RandomSource& random,
                                       UnreachableUser& user, RouterWatcher& routers)
    : interface_(interface),
      ticks_(ticks),
      random_(random),
      user_(user),
      routers_(routers),
      cache_(ticks, *this) {
  interface_.set_neighbours(IpAddress::Family::v6, &cache_);
  ticks_.add(*this);
}
NeighbourDiscovery::~NeighbourDiscovery() {
  ticks_.remove(*this);
  interface_.set_neighbours(IpAddress::Family::v6, nullptr);
}

// --- neighbours' addresses ---

void NeighbourDiscovery::ask(const IpAddress& neighbour, std::optional<MacAddress> known) noexcept {
  const IpAddress* const source = interface_.source_for(neighbour);
  if (source == nullptr) return;
  Message message{};
  wire::write_neighbour_solicitation(message, neighbour);
  wire::write_mac_option(std::span(message).subspan(wire::neighbour_message_bytes),
                         DiscoveryOptionType::source_mac, interface_.link().mac());
  LinkAddressing addressing;
  addressing.source = *source;
  addressing.destination = known ? neighbour : wire::solicited_node_group(neighbour);
  addressing.target = known;
  send_link_message(interface_, addressing, message);
}

void NeighbourDiscovery::resolved(MacAddress target, WaitingFrames& frames) noexcept {
  interface_.transmit(target, frames);
}

void NeighbourDiscovery::unanswered(const IpAddress& neighbour, WaitingFrames& frames) noexcept {
  routers_.neighbour_gone(neighbour);
  while (const auto frame = frames.take_first()) {
    user_.neighbour_unreachable(interface_, frame->bytes());
  }
}

// RFC 4861 section 7.2.3, RFC 4862 section 5.4.3.
void NeighbourDiscovery::solicited(const IpAddress& source, const IpAddress& destination,
                                   const wire::NeighbourSolicitation& message) noexcept {
  const auto mac = wire::find_mac(message.options, DiscoveryOptionType::source_mac);
  const bool is_probe = source.is_any();
  if (message.target.is_multicast()) return;
  // A probe goes to the group of its target alone, and says nothing of its sender (section 7.1.1).
  if (is_probe && (mac || destination != wire::solicited_node_group(message.target))) return;
  ++statistics_.solicitations;
  const InterfaceAddress* const own = interface_.find(message.target);
  if (own == nullptr) return;
  if (!own->is_usable()) {
    Claim* const claim = find_claim(message.target);
    const bool is_tentative = own->state == AddressState::tentative;
    // A probe of our own may come back to us from a network with a loop (RFC 7527 section 4.2).
    if (claim != nullptr && is_tentative && is_probe &&
        wire::find_nonce(message.options) != claim->nonce) {
      lose(*claim);
    }
    return;
  }
  if (!is_probe && mac && !mac->is_multicast() && interface_.find(source) == nullptr) {
    NeighbourNews news;
    news.mac = *mac;
    news.creates = true;
    cache_.learn(source, news);
  }
  answer(source, message);
}

// Section 7.2.4.
void NeighbourDiscovery::answer(const IpAddress& source,
                                const wire::NeighbourSolicitation& message) noexcept {
  wire::NeighbourAdvertisement advertisement;
  advertisement.solicited = !source.is_any();
  advertisement.replaces = true;
  advertisement.target = message.target;
  Message reply{};
  wire::write_neighbour_advertisement(reply, advertisement);
  wire::write_mac_option(std::span(reply).subspan(wire::neighbour_message_bytes),
                         DiscoveryOptionType::target_mac, interface_.link().mac());
  LinkAddressing addressing;
  addressing.source = message.target;
  addressing.destination = source.is_any() ? wire::all_nodes_group : source;
  const auto mac = wire::find_mac(message.options, DiscoveryOptionType::source_mac);
  if (mac && !mac->is_multicast()) addressing.target = mac;
  send_link_message(interface_, addressing, reply);
}

// Section 7.2.5, RFC 4862 section 5.4.4.
void NeighbourDiscovery::advertised(const IpAddress& destination,
                                    const wire::NeighbourAdvertisement& message) noexcept {
  if (message.target.is_multicast() || (destination.is_multicast() && message.solicited)) return;
  ++statistics_.advertisements;
  if (const InterfaceAddress* const own = interface_.find(message.target)) {
    Claim* const claim = find_claim(message.target);
    if (own->is_usable()) ++statistics_.conflicts;
    if (claim != nullptr && own->state == AddressState::tentative) lose(*claim);
    return;
  }
  if (cache_.state(message.target) == NeighbourCache::State::unused) return;
  const auto mac = wire::find_mac(message.options, DiscoveryOptionType::target_mac);
  if (mac && !mac->is_multicast()) {
    NeighbourNews news;
    news.mac = *mac;
    news.solicited = message.solicited;
    news.replaces = message.replaces;
    cache_.learn(message.target, news);
  } else if (message.solicited) {
    cache_.confirm(message.target);
  }
  routers_.neighbour_heard(message.target, message.is_router);
}

// --- addresses of ours ---

NeighbourDiscovery::Claim* NeighbourDiscovery::find_claim(const IpAddress& address) noexcept {
  for (Claim& claim : claims_) {
    if (claim.address.address() == address) return &claim;
  }
  return nullptr;
}

void NeighbourDiscovery::claim(const Prefix& address, AddressClaimant* claimant, bool on_link) {
  const Prefix plain(address.address().in_zone({}), address.length_bits());
  give_up(plain.address());
  claims_.reserve(claims_.size() + 1);
  const IpAddress group = wire::solicited_node_group(plain.address());
  interface_.join(group);
  try {
    interface_.set_address(
        plain, probe_count_ == 0 ? AddressState::preferred : AddressState::tentative, on_link);
  } catch (...) {
    interface_.leave(group);
    throw;
  }
  Claim claim;
  claim.address = plain;
  claim.claimant = claimant;
  claims_.push_back(claim);
  begin(claims_.back());
}

void NeighbourDiscovery::begin(Claim& claim) noexcept {
  constexpr std::uint32_t steps = 1000;
  claim.probes_left = probe_count_;
  random_.fill(claim.nonce);
  // Others have heard of the network, or got their power back, at the same moment (section 5.4.2).
  const Duration delay = probe_count_ == 0
                             ? Duration::zero()
                             : limits::duplicate_probe_delay / steps * random_.below(steps + 1);
  claim.next = ticks_.now() + delay;
  ticks_.tick_at(claim.next);
}

void NeighbourDiscovery::give_up(const IpAddress& address) noexcept {
  const IpAddress plain = address.in_zone({});
  const auto found =
      std::ranges::find(claims_, plain, [](const Claim& claim) { return claim.address.address(); });
  if (found == claims_.end()) return;
  claims_.erase(found);
  interface_.remove_address(plain);
  interface_.leave(wire::solicited_node_group(plain));
}

void NeighbourDiscovery::claim_all_again() noexcept {
  if (probe_count_ == 0) return;
  for (Claim& claim : claims_) {
    interface_.set_state(claim.address.address(), AddressState::tentative);
    begin(claim);
  }
}

void NeighbourDiscovery::tick(TimePoint now) noexcept {
  // A claimant who is told may give up, or claim another.
  for (std::size_t i = 0; i < claims_.size(); ++i) {
    if (claims_[i].next <= now) step(claims_[i], now);
    if (i < claims_.size() && claims_[i].next != never) ticks_.tick_at(claims_[i].next);
  }
}

void NeighbourDiscovery::step(Claim& claim, TimePoint now) noexcept {
  if (claim.probes_left != 0) {
    --claim.probes_left;
    claim.next = now + probes_apart_;
    return probe(claim);
  }
  claim.next = never;
  const Claim had = claim;
  interface_.set_state(had.address.address(), AddressState::preferred);
  if (had.claimant != nullptr) had.claimant->claimed(had.address);
}

void NeighbourDiscovery::probe(Claim& claim) noexcept {
  const IpAddress& target = claim.address.address();
  Message message{};
  wire::write_neighbour_solicitation(message, target);
  wire::write_nonce_option(std::span(message).subspan(wire::neighbour_message_bytes), claim.nonce);
  LinkAddressing addressing;
  addressing.source = IpAddress::any_v6();
  addressing.destination = wire::solicited_node_group(target);
  send_link_message(interface_, addressing, message);
}

void NeighbourDiscovery::lose(Claim& claim) noexcept {
  ++statistics_.duplicates;
  const Claim had = claim;
  if (had.claimant == nullptr) {
    claim.next = never;
    return interface_.set_state(had.address.address(), AddressState::duplicate);
  }
  give_up(had.address.address());
  had.claimant->lost(had.address);
}

}  // namespace sundog::net
