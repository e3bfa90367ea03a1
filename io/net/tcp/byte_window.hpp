// ByteWindow: a part of a stream of bytes, held in blocks, which moves forward along the stream.
//
//   window.write(offset, bytes);   // anywhere in it, also behind a gap
//   window.copy(offset, buffer);
//   window.slide(count);           // the first bytes are not needed any more
//
// Offsets count from the window's front. Only places that were written have memory, and a window
// that was emptied has none; which bytes of it mean something its owner knows. Both queues of a
// connection are one: what is to be sent or acknowledged, and what has come, in order or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sundog/io/flow.hpp"
#include "sundog/io/net/tcp/block_pool.hpp"

namespace sundog::net::tcp {

class ByteWindow {
 public:
  explicit ByteWindow(BlockPool& pool) noexcept : pool_(pool) {}
  ~ByteWindow() { clear(); }
  ByteWindow(const ByteWindow&) = delete;
  ByteWindow& operator=(const ByteWindow&) = delete;

  // Memory for bytes from `offset` on, in one piece: at most `wanted`, and none where there is no
  // memory to be had.
  MutableBytes space(std::size_t offset, std::size_t wanted) noexcept;
  // Gives how many bytes found memory.
  std::size_t write(std::size_t offset, Bytes bytes) noexcept;
  // What was written at `offset`, in one piece: at most `wanted` bytes, one at least.
  Bytes piece(std::size_t offset, std::size_t wanted) const noexcept;
  // The block that it lies in.
  Block& block_at(std::size_t offset) const noexcept {
    return *slot((front_ + offset) / Block::bytes);
  }
  // ... and copied.
  void copy(std::size_t offset, MutableBytes buffer) const noexcept;

  void slide(std::size_t count) noexcept;
  // Gives all memory back.
  void clear() noexcept;

 private:
  bool reserve(std::size_t slots) noexcept;
  Block*& slot(std::size_t index) const noexcept {
    return slots_[(first_ + index) & (capacity_ - 1)];
  }

  BlockPool& pool_;
  // A ring of `capacity_` slots, a power of two, some of them null; `first_` is where the front is.
  std::unique_ptr<Block*[]> slots_;
  std::uint32_t capacity_ = 0;
  std::uint32_t first_ = 0;
  // Where in its block the front is.
  std::uint32_t front_ = 0;
};

}  // namespace sundog::net::tcp
