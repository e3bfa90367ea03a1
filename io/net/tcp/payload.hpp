// Payload: the bytes that a segment brought, where they lie: in one piece, or in a packet of the
// device's. For the time of a call.
#pragma once

#include <algorithm>
#include <cstddef>

#include "sundog/io/flow.hpp"
#include "sundog/io/packet.hpp"

namespace sundog::net::tcp {

class Payload {
 public:
  Payload() noexcept = default;
  explicit Payload(Bytes bytes) noexcept : bytes_(bytes), size_(bytes.size()) {}
  // `size` bytes of the packet, from `offset` on.
  Payload(const ReceivedPacket& packet, std::size_t offset, std::size_t size) noexcept
      : packet_(&packet), offset_(offset), size_(size) {}

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  // Without its first bytes, or without those behind the first ones.
  void remove_first(std::size_t count) noexcept {
    offset_ += count;
    size_ -= count;
  }
  void keep_first(std::size_t count) noexcept { size_ = std::min(size_, count); }

  // The first bytes, as many as the buffer has; at most size().
  void copy(MutableBytes buffer) const noexcept { copy(0, buffer); }
  void copy(std::size_t from, MutableBytes buffer) const noexcept {
    if (packet_ != nullptr) {
      packet_->copy(offset_ + from, buffer);
    } else {
      std::ranges::copy(bytes_.subspan(offset_ + from, buffer.size()), buffer.begin());
    }
  }

 private:
  const ReceivedPacket* packet_ = nullptr;
  Bytes bytes_;
  std::size_t offset_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sundog::net::tcp
