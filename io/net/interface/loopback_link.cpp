#include "sundog/io/net/interface/loopback_link.hpp"

#include <algorithm>
#include <utility>

#include "sundog/io/net/limits.hpp"

namespace sundog::net {
namespace {

constexpr std::uint16_t gather_pieces_max = 16;

}  // namespace

LoopbackLink::LoopbackLink()
    : pool_(limits::loopback_buffers, limits::loopback_mtu + frame_header_bytes) {
  pool_.watch(this);
}
LoopbackLink::~LoopbackLink() {
  while (!arrived_.empty()) pool_.give_back(arrived_.pop());
}

std::size_t LoopbackLink::mtu() const noexcept { return limits::loopback_mtu; }

Offloads LoopbackLink::offloads() const noexcept {
  Offloads offloads;
  offloads.checksum4 = offloads.checksum6 = true;
  offloads.gather_pieces_max = gather_pieces_max;
  return offloads;
}

TransmitBuffer LoopbackLink::try_buffer(std::size_t size) noexcept {
  PacketMemory* const memory = pool_.take(size);
  return memory == nullptr ? TransmitBuffer() : TransmitBuffer(*memory);
}

void LoopbackLink::send(TransmitBuffer buffer, const PacketOffload& offload) noexcept {
  SUNDOG_ASSERT(buffer.owner() == &pool_, "a frame is sent by whom its buffer is from");
  PacketMemory& memory = buffer.release();
  memory.offload = offload;
  ++statistics_.sent_frames;
  ++statistics_.received_frames;
  statistics_.sent_bytes += memory.size;
  statistics_.received_bytes += memory.size;
  arrived_.push(memory);
  something_.raise();
}

void LoopbackLink::send(TransmitBuffer buffer, LentPayload& payload,
                        const PacketOffload& offload) noexcept {
  PacketMemory& memory = buffer.release();
  for (const Bytes piece : payload.pieces) {
    SUNDOG_ASSERT(piece.size() <= pool_.bytes_max() - memory.size,
                  "a frame has a header, and at most the mtu beside it");
    std::ranges::copy(piece, memory.data + memory.size);
    memory.size += static_cast<std::uint32_t>(piece.size());
  }
  payload.released();
  send(TransmitBuffer(memory), offload);
}

void LoopbackLink::want_room(std::size_t) noexcept {
  room_wanted_ = true;
  if (pool_.free_count() != 0) something_.raise();
}

void LoopbackLink::came_back() noexcept {
  if (room_wanted_) something_.raise();
}

Task<void> LoopbackLink::run(LinkUser& user) {
  for (;;) {
    co_await something_.wait("frame of this machine's own");
    // No more than those that are here by now: what they are answered with comes next time, so that
    // the other tasks have their turn.
    PacketQueue arrived = std::exchange(arrived_, PacketQueue());
    while (!arrived.empty()) user.frame(ReceivedPacket(arrived.pop()));
    if (room_wanted_ && pool_.free_count() != 0) {
      room_wanted_ = false;
      user.room();
    }
  }
}

}  // namespace sundog::net
