// BufferRing: a provided buffer ring of io_uring (io_uring_register_buf_ring(3)): buffers that the
// kernel picks from when something arrives.
//
// Only the ring; the buffers' memory is its owner's, and both live as long as somebody holds a
// buffer, longer than the io_uring if need be.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace sundog {

class BufferRing {
 public:
  // An empty one, for so many buffers: a power of two. Throws std::system_error where the kernel
  // does not have it (before 5.19), or std::bad_alloc.
  BufferRing(io_uring& ring, std::uint16_t group, unsigned count);

  // The kernel may fill this buffer, and names it by `id`. Nothing happens once detached.
  void give(void* bytes, std::size_t size, std::uint16_t id) noexcept {
    if (ring_ == nullptr) return;
    io_uring_buf_ring_add(ring_, bytes, static_cast<unsigned>(size), id, mask_, 0);
    io_uring_buf_ring_advance(ring_, 1);
  }
  // The io_uring ends.
  void detach() noexcept { ring_ = nullptr; }

 private:
  // In memory that the kernel wants aligned to a page.
  struct Free {
    void operator()(io_uring_buf_ring* memory) const noexcept;
  };
  std::unique_ptr<io_uring_buf_ring, Free> entries_;
  io_uring_buf_ring* ring_ = nullptr;  // null once detached
  int mask_;
};

}  // namespace sundog
