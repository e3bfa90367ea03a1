#include "sundog/io/memory/network_cable.hpp"

#include <algorithm>
#include <array>

#include "sundog/io/complete_checksum.hpp"
#include "sundog/io/frame_filter.hpp"
#include "sundog/io/packet_pool.hpp"
#include "sundog/io/turn.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog {
namespace {

constexpr std::size_t transmit_buffers = 16;
constexpr std::size_t receive_buffers = 64;
constexpr std::uint16_t gather_pieces_max = 16;

}  // namespace

struct CableEnd::Side final : private PacketPool::Watcher {
  Side(MacAddress mac, std::size_t mtu)
      : filter(mac),
        transmit(transmit_buffers, mtu + frame_header_bytes),
        received(receive_buffers, mtu + frame_header_bytes) {
    transmit.watch(this);
  }
  ~Side() { drop_arrived(); }

  void drop_arrived() noexcept {
    while (!arrived.empty()) received.give_back(arrived.pop());
  }
  // A buffer for each who waits, in the order in which they came; they hold it from now on, so that
  // nobody passes them.
  TransmitBuffer take(std::size_t size) {
    if (room_promised == transmit.free_count()) return TransmitBuffer();
    return TransmitBuffer(*transmit.take(size));
  }

  FrameFilter filter;
  PacketPool transmit;
  PacketPool received;
  PacketQueue arrived;
  // Free buffers that belong to those who were woken for them.
  std::size_t room_promised = 0;
  WaitQueue room;
  WaitQueue arrival;
  WaitQueue link;
  Offloads accepted;
  NetworkStatistics statistics;
  bool there = true;

 private:
  void came_back() noexcept override {
    if (room.empty()) return;
    ++room_promised;
    room.wake_first();
  }
};

class NetworkCable {
 public:
  explicit NetworkCable(std::size_t payload_bytes_max)
      : mtu(payload_bytes_max),
        sides{{{MacAddress({2, 0, 0, 0, 0, 1}), mtu}, {MacAddress({2, 0, 0, 0, 0, 2}), mtu}}} {}

  bool up() const noexcept { return plugged && sides[0].there && sides[1].there; }
  void changed() noexcept {
    for (CableEnd::Side& side : sides) side.link.wake_all();
  }

  const std::size_t mtu;
  std::array<CableEnd::Side, 2> sides;
  bool plugged = true;
};

CableEnd::CableEnd(std::shared_ptr<NetworkCable> cable, std::size_t side) noexcept
    : cable_(std::move(cable)), side_(side) {}
CableEnd::CableEnd(CableEnd&& other) noexcept = default;
CableEnd& CableEnd::operator=(CableEnd&& other) noexcept {
  std::swap(cable_, other.cable_);
  std::swap(side_, other.side_);
  return *this;
}
CableEnd::~CableEnd() {
  if (cable_ == nullptr) return;
  near().there = false;
  near().drop_arrived();
  cable_->changed();
}

CableEnd::Side& CableEnd::near() const noexcept { return cable_->sides[side_]; }
CableEnd::Side& CableEnd::far() const noexcept { return cable_->sides[1 - side_]; }

MacAddress CableEnd::mac() const noexcept { return near().filter.own(); }
std::size_t CableEnd::mtu() const noexcept { return cable_->mtu; }
Offloads CableEnd::offloads() const noexcept {
  Offloads offloads;
  offloads.checksum4 = true;
  offloads.checksum6 = true;
  offloads.gather_pieces_max = gather_pieces_max;
  return offloads;
}

bool CableEnd::link_up() const noexcept { return cable_->up(); }
Task<bool> CableEnd::link_changed(bool known) {
  while (link_up() == known) co_await turn_in(near().link, "change of a network's link");
  co_return !known;
}
void CableEnd::unplug() noexcept {
  cable_->plugged = false;
  cable_->changed();
}
void CableEnd::plug_in() noexcept {
  cable_->plugged = true;
  cable_->changed();
}

TransmitBuffer CableEnd::try_buffer(std::size_t size) {
  Side& side = near();
  // Not past those who stand in line, nor past those whose turn has come.
  if (!side.room.empty()) return TransmitBuffer();
  return side.take(size);
}

Task<TransmitBuffer> CableEnd::buffer(std::size_t size) {
  TransmitBuffer free = try_buffer(size);
  if (free) co_return free;
  // Whose turn has come has a buffer promised, and keeps that word even if it is cancelled then: it
  // goes on to its next wait.
  co_await turn_in(near().room, "room for a frame");
  --near().room_promised;
  co_return TransmitBuffer(*near().transmit.take(size));
}

void CableEnd::send(TransmitBuffer buffer, const PacketOffload& offload) noexcept {
  struct Nothing final : LentPayload {
    void released() noexcept override {}
  } nothing;
  send(std::move(buffer), nothing, offload);
}

void CableEnd::send(TransmitBuffer buffer, LentPayload& payload,
                    const PacketOffload& offload) noexcept {
  Side& side = near();
  Side& peer = far();
  SUNDOG_ASSERT(buffer.owner() == &side.transmit, "a frame is sent by whom its buffer is from");
  SUNDOG_ASSERT(offload.segmentation == Segmentation::none, "a cable does not cut large packets");
  SUNDOG_ASSERT(payload.pieces.size() <= gather_pieces_max, "more pieces than the device gathers");
  std::size_t size = buffer.bytes().size();
  for (const Bytes piece : payload.pieces) size += piece.size();
  SUNDOG_ASSERT(size >= frame_header_bytes && size <= cable_->mtu + frame_header_bytes,
                "a frame has a header, and at most the mtu beside it");
  ++side.statistics.sent_frames;
  side.statistics.sent_bytes += size;
  if (!cable_->up()) {
    ++side.statistics.sent_lost;
  } else if (peer.filter.wants(frame_target(buffer.bytes()))) {
    if (PacketMemory* packet = peer.received.take(size)) {
      std::byte* to = std::ranges::copy(buffer.bytes(), packet->data).out;
      for (const Bytes piece : payload.pieces) to = std::ranges::copy(piece, to).out;
      packet->offload = offload;
      const bool accepted = peer.accepted.checksum4 && peer.accepted.checksum6;
      if (offload.checksum == Checksum::partial && !accepted) {
        const bool inside = complete_checksum(packet->bytes(), offload);
        SUNDOG_ASSERT(inside, "the checksum's place lies outside of the frame");
        packet->offload = PacketOffload{Checksum::verified};
      }
      ++peer.statistics.received_frames;
      peer.statistics.received_bytes += size;
      peer.arrived.push(*packet);
      peer.arrival.wake_all();
    } else {
      ++peer.statistics.received_lost;
    }
  }
  payload.released();
}

ReceivedPacket CableEnd::try_receive() {
  Side& side = near();
  return side.arrived.empty() ? ReceivedPacket() : ReceivedPacket(side.arrived.pop());
}

Task<ReceivedPacket> CableEnd::receive() {
  while (near().arrived.empty()) co_await turn_in(near().arrival, "frame from a network");
  co_return ReceivedPacket(near().arrived.pop());
}

void CableEnd::accept(const Offloads& offloads) noexcept { near().accepted = offloads; }
void CableEnd::join(MacAddress group) { near().filter.join(group); }
void CableEnd::leave(MacAddress group) noexcept { near().filter.leave(group); }
void CableEnd::receive_everything(bool everything) noexcept {
  near().filter.set_everything(everything);
}
NetworkStatistics CableEnd::statistics() const noexcept { return near().statistics; }

std::pair<CableEnd, CableEnd> network_cable(std::size_t mtu) {
  auto cable = std::make_shared<NetworkCable>(mtu);
  return {CableEnd(cable, 0), CableEnd(cable, 1)};
}

}  // namespace sundog
