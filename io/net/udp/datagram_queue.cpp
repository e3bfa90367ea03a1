#include "sundog/io/net/udp/datagram_queue.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

#include "sundog/io/net/limits.hpp"

namespace sundog::net {
namespace {

constexpr std::size_t capacity = limits::datagram_queue_bytes;

}  // namespace

bool DatagramMemory::take(std::size_t bytes) noexcept {
  if (bytes > limits::datagram_bytes - used_) return false;
  used_ += bytes;
  return true;
}

bool DatagramMemory::scarce() const noexcept { return used_ >= limits::datagram_bytes / 2; }

void DatagramQueue::clear() noexcept {
  if (ring_ == nullptr) return;
  ring_.reset();
  begin_ = used_ = 0;
  memory_.give_back(capacity);
}

void DatagramQueue::write(Bytes bytes) noexcept {
  const std::size_t at = (begin_ + used_) % capacity;
  const std::size_t first = std::min(bytes.size(), capacity - at);
  std::copy_n(bytes.begin(), first, ring_.get() + at);
  std::ranges::copy(bytes.subspan(first), ring_.get());
  used_ += bytes.size();
}

void DatagramQueue::read(MutableBytes bytes) const noexcept {
  const std::size_t first = std::min(bytes.size(), capacity - begin_);
  std::copy_n(ring_.get() + begin_, first, bytes.begin());
  std::copy_n(ring_.get(), bytes.size() - first, bytes.subspan(first).begin());
}

void DatagramQueue::drop(std::size_t bytes) noexcept {
  begin_ = (begin_ + bytes) % capacity;
  used_ -= bytes;
}

bool DatagramQueue::push(const Endpoint& peer, const ReceivedPacket& packet, std::size_t start,
                         std::size_t bytes) noexcept {
  static_assert(std::is_trivially_copyable_v<Note>);
  if (sizeof(Note) + bytes > capacity - used_) return false;
  if (ring_ == nullptr) {
    if (!memory_.take(capacity)) return false;
    ring_.reset(new (std::nothrow) std::byte[capacity]);
    if (ring_ == nullptr) {
      memory_.give_back(capacity);
      return false;
    }
  }
  const Note note{peer, bytes};
  write(std::as_bytes(std::span(&note, 1)));
  packet.for_each_piece([&](Bytes piece) {
    const std::size_t skipped = std::min(start, piece.size());
    const std::size_t taken = std::min(bytes, piece.size() - skipped);
    write(piece.subspan(skipped, taken));
    start -= skipped;
    bytes -= taken;
  });
  return true;
}

std::size_t DatagramQueue::pop(Endpoint& peer, MutableBytes buffer) noexcept {
  Note note;
  read(std::as_writable_bytes(std::span(&note, 1)));
  drop(sizeof(Note));
  read(buffer.first(std::min(buffer.size(), note.bytes)));
  drop(note.bytes);
  peer = note.peer;
  if (used_ == 0 && memory_.scarce()) clear();
  return note.bytes;
}

}  // namespace sundog::net
