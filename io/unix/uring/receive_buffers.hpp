// ReceiveBuffers: memory that the kernel picks from when bytes arrive that nobody has asked for
// yet.
//
// Shared by all connections of one poller. Every buffer begins with a few words of ours, so that a
// connection can keep any number of them in a list without allocating. The memory lives as long as
// somebody holds bytes in it, longer than the ring if need be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sundog/io/unix/uring/buffer_ring.hpp"

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

  // Throws as BufferRing does.
  explicit ReceiveBuffers(io_uring& ring);
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  // The ring ends; pieces that are held stay readable.
  void detach() noexcept { ring_.detach(); }

  // The buffer that the kernel names in a completion.
  Piece& operator[](unsigned id) noexcept { return pieces_[id]; }
  void give_back(Piece& piece) noexcept;

 private:
  std::unique_ptr<Piece[]> pieces_;
  BufferRing ring_;
};

}  // namespace sundog
