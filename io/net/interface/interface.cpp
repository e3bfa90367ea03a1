#include "sundog/io/net/interface/interface.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sundog/io/net/address_selection.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog::net {
namespace {

constexpr std::size_t pieces_max = 48;

wire::EtherType type_of(const IpAddress& address) noexcept {
  return address.is_v4() ? wire::EtherType::ipv4 : wire::EtherType::ipv6;
}

IpAddress without_zone(const IpAddress& address) noexcept {
  return address.is_v6() ? address.in_zone({}) : address;
}

}  // namespace

Interface::Interface(InterfaceId id, std::string name, std::unique_ptr<Link> link,
                     InterfaceUser& user)
    : id_(id),
      name_(std::move(name)),
      link_(std::move(link)),
      user_(user),
      mtu_(static_cast<std::uint32_t>(std::min(link_->mtu(), ip_packet_bytes_max))) {}
Interface::~Interface() {
  SUNDOG_ASSERT(room_waiters_.empty(), "an interface ended while a transport waits for its room");
}

void Interface::set_mtu(std::uint32_t mtu) noexcept {
  mtu_ = std::min(mtu, static_cast<std::uint32_t>(link_->mtu()));
  user_.changed(*this);
}

std::uint32_t Interface::mtu(IpAddress::Family family) const noexcept {
  if (family == IpAddress::Family::v4) return mtu_;
  const std::uint32_t said = mtu_v6_ != 0 ? std::min(mtu_v6_, mtu_) : mtu_;
  // DHCP may have said less for IPv4's sake; IPv6 cannot do with it (RFC 8200 section 5).
  return std::max(said,
                  std::min(limits::link_mtu_min_v6, static_cast<std::uint32_t>(link_->mtu())));
}

void Interface::set_mtu_v6(std::uint32_t mtu) noexcept {
  if (mtu == mtu_v6_) return;
  mtu_v6_ = mtu;
  user_.changed(*this);
}

void Interface::set_hop_limit(std::uint8_t hop_limit) noexcept {
  if (hop_limit == hop_limit_) return;
  hop_limit_ = hop_limit;
  user_.changed(*this);
}

bool Interface::is_zone(std::string_view zone) const noexcept {
  return zone == name_ || zone == Decimal(unsigned{id_});
}

const InterfaceAddress* Interface::find(const IpAddress& address) const noexcept {
  const IpAddress plain = without_zone(address);
  for (const InterfaceAddress& one : addresses_) {
    if (one.prefix.address() == plain) return &one;
  }
  return nullptr;
}

bool Interface::has(const IpAddress& address) const noexcept {
  const InterfaceAddress* const one = find(address);
  return one != nullptr && one->is_usable();
}

void Interface::set_address(const Prefix& prefix, AddressState state, bool on_link) {
  const Prefix plain(without_zone(prefix.address()), prefix.length_bits());
  const auto known =
      std::ranges::find(addresses_, plain.address(),
                        [](const InterfaceAddress& one) { return one.prefix.address(); });
  if (known == addresses_.end()) {
    addresses_.push_back(InterfaceAddress{plain, state, on_link});
  } else {
    *known = InterfaceAddress{plain, state, on_link};
  }
  user_.changed(*this);
}

void Interface::set_state(const IpAddress& address, AddressState state) noexcept {
  const IpAddress plain = without_zone(address);
  for (InterfaceAddress& one : addresses_) {
    if (one.prefix.address() == plain) one.state = state;
  }
  user_.changed(*this);
}

void Interface::remove_address(const IpAddress& address) noexcept {
  const IpAddress plain = without_zone(address);
  std::erase_if(addresses_,
                [&](const InterfaceAddress& one) { return one.prefix.address() == plain; });
  user_.changed(*this);
}

const IpAddress* Interface::source_for(const IpAddress& destination) const noexcept {
  const InterfaceAddress* best = nullptr;
  const auto candidate = [](const InterfaceAddress& one) {
    return SourceCandidate{one.prefix, one.state == AddressState::deprecated};
  };
  for (const InterfaceAddress& one : addresses_) {
    if (!one.is_usable() || one.prefix.address().family() != destination.family()) continue;
    if (best == nullptr || is_better_source(destination, candidate(one), candidate(*best))) {
      best = &one;
    }
  }
  return best == nullptr ? nullptr : &best->prefix.address();
}

bool Interface::is_broadcast(const IpAddress& address) const noexcept {
  if (!address.is_v4()) return false;
  // With 31 bits and more there is no such address (RFC 3021).
  constexpr unsigned longest = 30;
  for (const InterfaceAddress& one : addresses_) {
    const Prefix& prefix = one.prefix;
    if (prefix.address().is_v4() && prefix.length_bits() <= longest &&
        (prefix.last() == address || prefix.network() == address)) {
      return true;
    }
  }
  return address == IpAddress::v4({255, 255, 255, 255});
}

void Interface::join(const IpAddress& group) {
  const IpAddress plain = without_zone(group);
  const auto known = std::ranges::find(groups_, plain, &Group::address);
  if (known != groups_.end()) {
    ++known->count;
    return;
  }
  groups_.push_back(Group{plain, 1});
  try {
    link_->join(wire::group_mac(plain));
    user_.group_changed(*this, plain, true);
  } catch (...) {
    groups_.pop_back();
    throw;
  }
}

void Interface::leave(const IpAddress& group) noexcept {
  const IpAddress plain = without_zone(group);
  const auto known = std::ranges::find(groups_, plain, &Group::address);
  SUNDOG_ASSERT(known != groups_.end(), "leave() was called for a group more often than join()");
  if (--known->count != 0) return;
  groups_.erase(known);
  link_->leave(wire::group_mac(plain));
  user_.group_changed(*this, plain, false);
}

bool Interface::is_joined(const IpAddress& group) const noexcept {
  return std::ranges::find(groups_, without_zone(group), &Group::address) != groups_.end();
}

TransmitBuffer Interface::try_buffer(std::size_t size) noexcept {
  TransmitBuffer buffer = link_->try_buffer(size);
  if (!buffer) missing_bytes_ = std::max(missing_bytes_, size);
  return buffer;
}

void Interface::wait_for_room(RoomWaiter& waiter) noexcept {
  room_waiters_.add(waiter);
  link_->want_room(std::max(missing_bytes_, frame_header_bytes + std::size_t{mtu_}));
}

void Interface::stop_waiting(RoomWaiter& waiter) noexcept {
  // Taken out of whichever list it is in.
  if (waiter.listed()) List<RoomWaiter>().remove(waiter);
}

void Interface::set_neighbours(IpAddress::Family family, NeighbourCache* cache) noexcept {
  (family == IpAddress::Family::v4 ? neighbours4_ : neighbours6_) = cache;
}

void Interface::send(const IpAddress& next_hop, bool is_group, TransmitBuffer frame,
                     LentPayload* payload, const PacketOffload& offload) noexcept {
  const wire::EtherType type = type_of(next_hop);
  if (link_->is_loopback()) return transmit(MacAddress(), type, std::move(frame), payload, offload);
  if (is_group) {
    const MacAddress target =
        next_hop.is_multicast() ? wire::group_mac(next_hop) : MacAddress::broadcast();
    return transmit(target, type, std::move(frame), payload, offload);
  }
  NeighbourCache* const cache = neighbours(next_hop.family());
  if (cache != nullptr) {
    if (const auto target = cache->find(next_hop)) {
      return transmit(*target, type, std::move(frame), payload, offload);
    }
  }
  // The device's memory is needed for the question itself.
  std::array<Bytes, pieces_max> pieces;
  std::size_t count = 0;
  pieces[count++] = frame.bytes().subspan(frame_header_bytes);
  if (payload != nullptr) {
    SUNDOG_ASSERT(payload->pieces.size() < pieces_max, "more pieces than any device gathers");
    for (const Bytes piece : payload->pieces) pieces[count++] = piece;
  }
  hold(next_hop, std::span(pieces).first(count), offload);
  if (payload != nullptr) payload->released();
}

void Interface::hold(const IpAddress& next_hop, std::span<const Bytes> pieces,
                     const PacketOffload& offload) noexcept {
  NeighbourCache* const cache = neighbours(next_hop.family());
  if (cache == nullptr) {
    ++statistics_.no_neighbour;
    return;
  }
  ++statistics_.held_frames;
  std::array<std::byte, frame_header_bytes> header{};
  wire::write_ethernet(header, {MacAddress(), link_->mac(), type_of(next_hop)});
  std::array<Bytes, pieces_max + 1> all;
  all[0] = header;
  std::ranges::copy(pieces, all.begin() + 1);
  cache->hold(next_hop,
              WaitingFrame::make(budget_, std::span(all).first(pieces.size() + 1), offload));
}

bool Interface::send_copy(const IpAddress& next_hop, bool is_group, std::span<const Bytes> pieces,
                          const PacketOffload& offload) noexcept {
  SUNDOG_ASSERT(pieces.size() <= pieces_max, "a packet in so many pieces is copied before");
  std::size_t size = frame_header_bytes;
  for (const Bytes piece : pieces) size += piece.size();
  // Not past those that wait.
  TransmitBuffer buffer = waiting_.empty() ? try_buffer(size) : TransmitBuffer();
  if (buffer) {
    std::byte* to = buffer.bytes().data() + frame_header_bytes;
    for (const Bytes piece : pieces) to = std::ranges::copy(piece, to).out;
    send(next_hop, is_group, std::move(buffer), nullptr, offload);
    return true;
  }
  std::optional<MacAddress> target;
  NeighbourCache* const cache = neighbours(next_hop.family());
  if (link_->is_loopback()) {
    target = MacAddress();
  } else if (is_group) {
    target = next_hop.is_multicast() ? wire::group_mac(next_hop) : MacAddress::broadcast();
  } else if (cache != nullptr) {
    target = cache->find(next_hop);
  }
  if (!target) {
    hold(next_hop, pieces, offload);
    return true;
  }
  std::array<std::byte, frame_header_bytes> header{};
  wire::write_ethernet(header, {*target, link_->mac(), type_of(next_hop)});
  std::array<Bytes, pieces_max + 1> all;
  all[0] = header;
  std::ranges::copy(pieces, all.begin() + 1);
  auto frame = WaitingFrame::make(budget_, std::span(all).first(pieces.size() + 1), offload);
  if (frame == nullptr) return false;
  waiting_.add(std::move(frame));
  link_->want_room(size);
  return true;
}

void Interface::transmit(MacAddress target, wire::EtherType type, TransmitBuffer frame,
                         LentPayload* payload, const PacketOffload& offload) noexcept {
  wire::write_ethernet(frame.bytes(), {target, link_->mac(), type});
  if (payload == nullptr) {
    link_->send(std::move(frame), offload);
  } else {
    link_->send(std::move(frame), *payload, offload);
  }
}

void Interface::transmit(MacAddress target, WaitingFrames& frames) noexcept {
  while (auto frame = frames.take_first()) {
    wire::write_mac(frame->bytes(), 0, target);
    waiting_.add(std::move(frame));
  }
  send_waiting();
}

void Interface::send_waiting() noexcept {
  while (WaitingFrame* const frame = waiting_.first()) {
    TransmitBuffer buffer = try_buffer(frame->bytes().size());
    if (!buffer) {
      link_->want_room(frame->bytes().size());
      return;
    }
    std::ranges::copy(frame->bytes(), buffer.bytes().begin());
    link_->send(std::move(buffer), frame->offload());
    waiting_.take_first();
  }
}

void Interface::frame(ReceivedPacket packet) noexcept { user_.frame(*this, std::move(packet)); }

void Interface::link_changed(bool up) noexcept { user_.link_changed(*this, up); }

void Interface::room() noexcept {
  missing_bytes_ = 0;
  send_waiting();
  // Each that stands in line by now has its turn, until one finds no room: it stands behind the
  // others then.
  List<RoomWaiter> in_line;
  in_line.append(room_waiters_);
  while (missing_bytes_ == 0) {
    RoomWaiter* const waiter = in_line.take_first();
    if (waiter == nullptr) break;
    waiter->room();
  }
  // Those who did not have their turn come first.
  in_line.append(room_waiters_);
  room_waiters_.append(in_line);
  if (!room_waiters_.empty()) {
    link_->want_room(std::max(missing_bytes_, frame_header_bytes + std::size_t{mtu_}));
  }
}

}  // namespace sundog::net
