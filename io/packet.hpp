// Packets: Ethernet frames in the memory of a network device, and what is known of them besides.
//
// A device has a fixed number of buffers, made when it starts, in memory that it can reach (shared
// pages, a registered region). They are handed out and come back; nothing is allocated for a
// packet. Two classes own such memory while a program uses it, and give it back when they end:
// TransmitBuffer, which is filled and sent, and ReceivedPacket. They are the same for every device,
// so that a stack's code is compiled once and not for each.
//
// A frame here is Ethernet II as IEEE 802.3 has it, from the destination's address to the end of
// the payload: without preamble and without the check sequence at its end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "sundog/io/flow.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog {

// What is known of a packet's checksum in its TCP or UDP header.
enum class Checksum : std::uint8_t {
  // Sent: it is right, or there is none; the device leaves it alone. Received: nobody has looked.
  complete,
  // The sum is not complete: at checksum_start + checksum_offset stands the sum of the pseudo
  // header alone (not inverted), and who sends it on the wire sums up all from checksum_start to
  // the packet's end and writes it there. Received, it came from this very machine and the bytes
  // are right; only who forwards it must complete it.
  partial,
  // Received: the device has checked it, and it is right. Not for sending.
  verified,
};

// Whether a packet is one large segment that stands for many.
enum class Segmentation : std::uint8_t {
  none,
  tcp4,  // over IPv4
  tcp6,  // over IPv6
  udp,   // over either: datagrams of segment_bytes each, the last may be shorter
};

// Goes with each packet, in both directions. Places count from the frame's first byte.
struct PacketOffload {
  Checksum checksum = Checksum::complete;
  Segmentation segmentation = Segmentation::none;
  // With Checksum::partial: see there. The offset counts from the start.
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;
  // With segmentation: how many bytes of payload each segment has, the last may have fewer; and how
  // many bytes of headers, Ethernet to TCP or UDP, each begins with. Lengths, sequence numbers,
  // identifications, checksums, and FIN and PSH for the last alone, are made right for each by who
  // cuts it. The checksum of such a packet is partial. One with the flag CWR is not sent as one:
  // devices differ in which segments keep it.
  std::uint16_t segment_bytes = 0;
  std::uint16_t header_bytes = 0;

  bool operator==(const PacketOffload&) const = default;
};

class PacketOwner;

// A buffer of a device, or the part of it that is in use. For devices: programs see it through the
// classes below.
struct PacketMemory {
  PacketOwner* owner = nullptr;
  std::byte* data = nullptr;
  std::uint32_t size = 0;
  // Of a packet that has come in, in its first piece.
  PacketOffload offload{};
  // The next piece of the same packet; elsewhere the owner's own.
  PacketMemory* next = nullptr;

  // The part in use.
  MutableBytes bytes() const noexcept { return {data, size}; }
};

// Takes memory back. Must outlive what it has given out.
class PacketOwner {
 public:
  // One piece, without its `next`.
  virtual void give_back(PacketMemory& memory) noexcept = 0;

 protected:
  ~PacketOwner() = default;
};

// Memory for a packet to send. Empty until it is got from a device, and after it was sent.
class TransmitBuffer {
 public:
  TransmitBuffer() = default;
  explicit TransmitBuffer(PacketMemory& memory) noexcept : memory_(&memory) {}
  TransmitBuffer(TransmitBuffer&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)) {}
  TransmitBuffer& operator=(TransmitBuffer&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~TransmitBuffer() {
    if (memory_ != nullptr) memory_->owner->give_back(*memory_);
  }

  explicit operator bool() const noexcept { return memory_ != nullptr; }
  // As many as were asked for, in one piece; what they hold is left from others.
  MutableBytes bytes() const noexcept { return memory_->bytes(); }
  // Makes it shorter, once it is known how long the frame is.
  void shorten(std::size_t size) noexcept {
    SUNDOG_ASSERT(size <= memory_->size, "a buffer only becomes shorter");
    memory_->size = static_cast<std::uint32_t>(size);
  }

  // For devices: the caller owns the memory now.
  PacketMemory& release() noexcept { return *std::exchange(memory_, nullptr); }
  const PacketOwner* owner() const noexcept {
    return memory_ == nullptr ? nullptr : memory_->owner;
  }

 private:
  PacketMemory* memory_ = nullptr;
};

// A packet that has come in: one piece of memory or several. It belongs to its holder, who may
// write into it.
class ReceivedPacket {
 public:
  // The first piece has so many bytes, or all: headers need not be put together first.
  static constexpr std::size_t first_bytes_min = 256;

  // Empty.
  ReceivedPacket() = default;
  explicit ReceivedPacket(PacketMemory& first) noexcept : first_(&first) {}
  ReceivedPacket(ReceivedPacket&& other) noexcept : first_(std::exchange(other.first_, nullptr)) {}
  ReceivedPacket& operator=(ReceivedPacket&& other) noexcept {
    std::swap(first_, other.first_);
    return *this;
  }
  ~ReceivedPacket() {
    for (PacketMemory* piece = first_; piece != nullptr;) {
      PacketMemory* const next = std::exchange(piece->next, nullptr);
      piece->owner->give_back(*piece);
      piece = next;
    }
  }

  explicit operator bool() const noexcept { return first_ != nullptr; }
  // For devices: the caller owns the memory now.
  PacketMemory& release() noexcept { return *std::exchange(first_, nullptr); }

  // What the device says of the packet, and its first piece. The packet must not be empty.
  const PacketOffload& offload() const noexcept { return first_->offload; }
  MutableBytes first() const noexcept { return first_->bytes(); }
  // Of all pieces.
  std::size_t size() const noexcept {
    std::size_t bytes = 0;
    for (const PacketMemory* piece = first_; piece != nullptr; piece = piece->next) {
      bytes += piece->size;
    }
    return bytes;
  }
  // Calls each(piece) with the bytes of every piece, in order.
  template <class Each>
  void for_each_piece(Each each) const {
    for (const PacketMemory* piece = first_; piece != nullptr; piece = piece->next) {
      each(piece->bytes());
    }
  }
  // Copies what lies from `offset` on into the buffer; gives how many bytes that were.
  std::size_t copy(std::size_t offset, MutableBytes buffer) const noexcept {
    std::size_t copied = 0;
    for_each_piece([&](Bytes piece) {
      const std::size_t skipped = std::min(offset, piece.size());
      offset -= skipped;
      const Bytes wanted = piece.subspan(skipped);
      const std::size_t count = std::min(wanted.size(), buffer.size() - copied);
      std::copy_n(wanted.begin(), count, buffer.begin() + static_cast<std::ptrdiff_t>(copied));
      copied += count;
    });
    return copied;
  }

 private:
  PacketMemory* first_ = nullptr;
};

}  // namespace sundog
