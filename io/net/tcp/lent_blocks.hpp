// Memory: what all connections of a stack share; and LentBlocks, the payload of a segment that a
// device reads where it lies in a send queue.
//
// The peer may acknowledge such bytes, or the connection may end, before the device says that it is
// done with them; so their blocks are held until then. The memory therefore is made before the
// devices and outlives them, while connections and Tcp itself need not.
#pragma once

#include <array>
#include <cstddef>

#include "sundog/io/net/tcp/block_pool.hpp"
#include "sundog/io/net/tcp/limits.hpp"
#include "sundog/io/network.hpp"
#include "sundog/runtime/language/list.hpp"

namespace sundog::net::tcp {

class Memory;

class LentBlocks final : public LentPayload, public ListLink {
 public:
  // As many as devices gather, mostly; with so many blocks there is always room for a packet of 60
  // KB.
  static constexpr std::size_t pieces_max = 16;

  explicit LentBlocks(Memory& memory) noexcept : memory_(memory) {}

  // One piece more of the payload, which lies in this block.
  void add(Bytes piece, Block& block) noexcept;
  void released() noexcept override;

 private:
  Memory& memory_;
  std::size_t count_ = 0;
  std::array<Bytes, pieces_max> bytes_{};
  std::array<Block*, pieces_max> blocks_{};
};

class Memory {
 public:
  // `bytes_max`: of all connections' queues together.
  explicit Memory(std::size_t bytes_max = memory_bytes_max) noexcept : blocks_(bytes_max) {}
  // All that was lent has come back.
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  BlockPool& blocks() noexcept { return blocks_; }
  const BlockPool& blocks() const noexcept { return blocks_; }
  // For one segment, empty; null when there is no memory.
  LentBlocks* try_lend() noexcept;

 private:
  friend class LentBlocks;

  BlockPool blocks_;
  // As many as ever were under way at once, which the devices' buffers limit.
  List<LentBlocks> free_;
  std::size_t lent_ = 0;
};

}  // namespace sundog::net::tcp
