// PacketPool: a device's buffers, all of one size, handed out and taken back without allocations.
// For implementations of Network whose memory is the program's own.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "sundog/io/packet.hpp"

namespace sundog {

class PacketPool final : public PacketOwner {
 public:
  // Told when a buffer has come back: those who wait for one go on.
  class Watcher {
   public:
    virtual void came_back() noexcept = 0;

   protected:
    ~Watcher() = default;
  };

  // `count` buffers of `bytes` bytes. Throws std::bad_alloc.
  PacketPool(std::size_t count, std::size_t bytes)
      : space_(std::make_unique_for_overwrite<std::byte[]>(count * bytes)),
        buffers_(count),
        bytes_(bytes) {
    for (std::size_t i = 0; i < count; ++i) {
      buffers_[i].owner = this;
      buffers_[i].data = space_.get() + i * bytes;
      give_back(buffers_[i]);
    }
  }
  // Null, at first; outlives this.
  void watch(Watcher* watcher) noexcept { watcher_ = watcher; }
  ~PacketPool() {
    SUNDOG_ASSERT(free_count_ == buffers_.size(),
                  "a network device was destroyed before its packets and buffers");
  }
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  // A buffer, `size` bytes of it, or null when all are handed out. `size` is at most bytes_max().
  PacketMemory* take(std::size_t size) noexcept {
    SUNDOG_ASSERT(size <= bytes_, "a frame of this device cannot be that long");
    PacketMemory* const buffer = free_;
    if (buffer == nullptr) return nullptr;
    free_ = std::exchange(buffer->next, nullptr);
    --free_count_;
    buffer->size = static_cast<std::uint32_t>(size);
    return buffer;
  }
  void give_back(PacketMemory& buffer) noexcept override {
    buffer.next = free_;
    free_ = &buffer;
    ++free_count_;
    if (watcher_ != nullptr) watcher_->came_back();
  }

  // Of one buffer; and how many buffers are free.
  std::size_t bytes_max() const noexcept { return bytes_; }
  std::size_t free_count() const noexcept { return free_count_; }

 private:
  std::unique_ptr<std::byte[]> space_;
  std::vector<PacketMemory> buffers_;
  std::size_t bytes_;
  PacketMemory* free_ = nullptr;
  std::size_t free_count_ = 0;
  Watcher* watcher_ = nullptr;
};

// Packets in line, first in, first out: through their memory, without allocating.
class PacketQueue {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  void push(PacketMemory& packet) noexcept {
    packet.next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = &packet;
    last_ = &packet;
  }
  // There must be one: the next that pop() takes.
  PacketMemory& first() const noexcept { return *first_; }
  // There must be one.
  PacketMemory& pop() noexcept {
    PacketMemory& packet = *first_;
    first_ = std::exchange(packet.next, nullptr);
    return packet;
  }

 private:
  PacketMemory* first_ = nullptr;
  PacketMemory* last_ = nullptr;
};

}  // namespace sundog
