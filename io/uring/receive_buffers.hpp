// ReceiveBuffers: memory that the kernel picks from when bytes arrive that nobody has asked for
// yet.
//
// A provided buffer ring of io_uring (io_uring_register_buf_ring(3)), shared by all connections of
// one poller. Every buffer begins with a few words of ours, so that a connection can keep any
// number of them in a list without allocating. The memory lives as long as somebody holds bytes in
// it, longer than the ring if need be.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace sundog {

class ReceiveBuffers {
 public:
  // Requests are small, and who sends much is received from in another way (io/unix/inlet.hpp).
  static constexpr std::size_t piece_bytes = 1024;
  // As many connections can send something in one turn of the loop.
  static constexpr unsigned pieces = 2048;
  static constexpr std::uint16_t group = 0;

  // A buffer with bytes in it. Belongs to whoever got it until give_back().
  struct Piece {
    Piece* next;
    std::uint32_t size;  // bytes that came
    std::uint32_t read;  // of which so many have been read
    std::byte bytes[piece_bytes - 16];
  };
  static_assert(sizeof(Piece) == piece_bytes);

  // Registers with `ring`; throws std::system_error where the kernel does not have it
  // (before 5.19), or std::bad_alloc.
  explicit ReceiveBuffers(io_uring& ring);
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  // The ring ends; pieces that are held stay readable.
  void detach() noexcept { ring_ = nullptr; }

  // The buffer that the kernel names in a completion.
  Piece& operator[](unsigned id) noexcept { return pieces_[id]; }
  void give_back(Piece& piece) noexcept;

 private:
  std::unique_ptr<Piece[]> pieces_;
  // The ring itself, in memory that the kernel wants aligned to a page.
  struct Free {
    void operator()(io_uring_buf_ring* memory) const noexcept;
  };
  std::unique_ptr<io_uring_buf_ring, Free> entries_;
  io_uring_buf_ring* ring_ = nullptr;  // null once detached
};

}  // namespace sundog
