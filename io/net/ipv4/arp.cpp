#include "sundog/io/net/ipv4/arp.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sundog::net {
namespace {

using std::chrono::seconds;

// RFC 5227 section 1.1.
constexpr Duration probe_wait = seconds(1);
constexpr unsigned probe_count = 3;
constexpr Duration probe_apart_min = seconds(1);
constexpr Duration probe_apart_max = seconds(2);
constexpr Duration announce_wait = seconds(2);
constexpr unsigned announce_count = 2;
constexpr Duration announce_apart = seconds(2);
constexpr Duration defend_apart = seconds(10);

}  // namespace

Arp::Arp(Interface& interface, Ticks& ticks, RandomSource& random, UnreachableUser& user)
    : interface_(interface), ticks_(ticks), random_(random), user_(user), cache_(ticks, *this) {
  interface_.set_neighbours(IpAddress::Family::v4, &cache_);
  ticks_.add(*this);
}
Arp::~Arp() {
  ticks_.remove(*this);
  interface_.set_neighbours(IpAddress::Family::v4, nullptr);
}

void Arp::send(MacAddress target, const wire::Arp& message) noexcept {
  TransmitBuffer frame = interface_.try_buffer(frame_header_bytes + wire::arp_bytes);
  // Without room it is as if the network had lost it: who needs the answer asks again.
  if (!frame) return;
  wire::write_arp(frame.bytes().subspan(frame_header_bytes), message);
  interface_.transmit(target, wire::EtherType::arp, std::move(frame), nullptr, PacketOffload());
}

void Arp::ask(const IpAddress& neighbour, std::optional<MacAddress> known) noexcept {
  const IpAddress* const source = interface_.source_for(neighbour);
  if (source == nullptr) return;
  wire::Arp request;
  request.sender_mac = interface_.link().mac();
  request.sender = *source;
  request.target = neighbour;
  send(known.value_or(MacAddress::broadcast()), request);
}

void Arp::resolved(MacAddress target, WaitingFrames& frames) noexcept {
  interface_.transmit(target, frames);
}

void Arp::unanswered(const IpAddress&, WaitingFrames& frames) noexcept {
  while (const auto frame = frames.take_first()) {
    user_.neighbour_unreachable(interface_, frame->bytes());
  }
}

void Arp::received(Bytes bytes) noexcept {
  const auto message = wire::parse_arp(bytes);
  if (!message || message->sender_mac == interface_.link().mac()) return;
  if (message->sender_mac.is_multicast() || message->sender_mac == MacAddress()) return;
  look_for_conflict(*message);
  const bool is_for_us = interface_.has(message->target);
  const bool is_request = message->operation == wire::Arp::Operation::request;
  // A probe says nothing of its sender; and nobody tells us who has our own addresses, or a group.
  if (!message->sender.is_any() && interface_.find(message->sender) == nullptr &&
      !message->sender.is_multicast() && !interface_.is_broadcast(message->sender)) {
    NeighbourNews news;
    news.mac = message->sender_mac;
    news.solicited = is_for_us && !is_request;
    news.creates = is_for_us && is_request;
    cache_.learn(message->sender, news);
  }
  if (!is_for_us || !is_request) return;
  wire::Arp reply;
  reply.operation = wire::Arp::Operation::reply;
  reply.sender_mac = interface_.link().mac();
  reply.sender = message->target;
  reply.target_mac = message->sender_mac;
  reply.target = message->sender;
  send(message->sender_mac, reply);
}

Duration Arp::random_between(Duration least, Duration most) noexcept {
  constexpr std::uint32_t steps = 1000;
  return least + (most - least) / steps * random_.below(steps + 1);
}

void Arp::claim(const Prefix& address, AddressClaimant& claimant) {
  interface_.set_address(address, AddressState::tentative);
  Claim claim;
  claim.address = address;
  claim.claimant = &claimant;
  claim.probes_left = probe_count;
  claim.announcements_left = announce_count;
  claim.next = ticks_.now() + random_between(Duration::zero(), probe_wait);
  claims_.push_back(claim);
  ticks_.tick_at(claim.next);
}

void Arp::give_up(const IpAddress& address) noexcept {
  std::erase_if(claims_, [&](const Claim& claim) { return claim.address.address() == address; });
  interface_.remove_address(address);
}

void Arp::announce(const IpAddress& address) noexcept {
  wire::Arp message;
  message.sender_mac = interface_.link().mac();
  message.sender = message.target = address;
  send(MacAddress::broadcast(), message);
}

Arp::Claim* Arp::find_claim(const IpAddress& address) noexcept {
  for (Claim& claim : claims_) {
    if (claim.address.address() == address) return &claim;
  }
  return nullptr;
}

void Arp::tick(TimePoint now) noexcept {
  // A claimant who is told may give up, or claim another.
  for (std::size_t i = 0; i < claims_.size(); ++i) {
    if (claims_[i].next <= now) step(claims_[i], now);
    if (i < claims_.size() && claims_[i].next != never) ticks_.tick_at(claims_[i].next);
  }
}

void Arp::step(Claim& claim, TimePoint now) noexcept {
  if (claim.probes_left != 0) {
    --claim.probes_left;
    wire::Arp probe;
    probe.sender_mac = interface_.link().mac();
    probe.target = claim.address.address();
    claim.next = now + (claim.probes_left == 0 ? announce_wait
                                               : random_between(probe_apart_min, probe_apart_max));
    return send(MacAddress::broadcast(), probe);
  }
  const bool is_first = claim.announcements_left == announce_count;
  --claim.announcements_left;
  claim.next = claim.announcements_left == 0 ? never : now + announce_apart;
  announce(claim.address.address());
  if (!is_first) return;
  const Claim had = claim;
  interface_.set_state(had.address.address(), AddressState::preferred);
  had.claimant->claimed(had.address);
}

void Arp::look_for_conflict(const wire::Arp& message) noexcept {
  if (Claim* const claim = find_claim(message.sender)) {
    const TimePoint now = ticks_.now();
    const bool in_use = interface_.has(message.sender);
    if (in_use &&
        (claim->last_conflict == TimePoint::min() || claim->last_conflict + defend_apart <= now)) {
      claim->last_conflict = now;
      return announce(message.sender);
    }
    return lose(*claim);
  }
  // Somebody probes for what we are probing for.
  if (!message.sender.is_any() || message.operation != wire::Arp::Operation::request) return;
  Claim* const claim = find_claim(message.target);
  if (claim != nullptr && !interface_.has(message.target)) lose(*claim);
}

void Arp::lose(Claim& claim) noexcept {
  const Claim had = claim;
  give_up(had.address.address());
  had.claimant->lost(had.address);
}

}  // namespace sundog::net
