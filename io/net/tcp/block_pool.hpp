// BlockPool: the memory of all connections' queues, in blocks of one size.
//
// There is a limit to it. Where it is reached, take() gives null: a writer waits, and what came in
// is dropped as if the network had lost it. Blocks that come back are kept for the next, so that
// steady traffic allocates nothing.
//
// A block whose bytes a device still reads is held by whoever has lent them, beside the queue that
// it is in (lent_blocks.hpp): it comes back when both have given it back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sundog::net::tcp {

struct Block {
  static constexpr std::size_t bytes = 4096;

  Block* next;         // while it is free
  std::uint32_t uses;  // while it is not: how often it will be given back
  std::array<std::byte, bytes> data;
};

class BlockPool {
 public:
  // `bytes_max` of all blocks together; an eighth of that is kept although nobody uses it.
  explicit BlockPool(std::size_t bytes_max) noexcept
      : blocks_max_(bytes_max / Block::bytes), kept_max_(blocks_max_ / 8) {}
  // All blocks have come back.
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // Null when there is none. What it holds is left from others.
  Block* take() noexcept;
  // Of a block that was taken: it will be given back once more.
  static void hold(Block& block) noexcept { ++block.uses; }
  void give_back(Block& block) noexcept;

  std::size_t used_bytes() const noexcept { return used_ * Block::bytes; }
  // Little is left: who has more than it needs takes no more.
  bool scarce() const noexcept { return used_ >= blocks_max_ - blocks_max_ / 4; }
  bool exhausted() const noexcept { return used_ >= blocks_max_; }

 private:
  const std::size_t blocks_max_;
  const std::size_t kept_max_;
  Block* free_ = nullptr;
  std::size_t kept_ = 0;
  std::size_t used_ = 0;
};

}  // namespace sundog::net::tcp
