#include "sundog/io/net/tcp/lent_blocks.hpp"

#include <new>

#include "sundog/runtime/language/assert.hpp"

namespace sundog::net::tcp {

void LentBlocks::add(Bytes piece, Block& block) noexcept {
  SUNDOG_ASSERT(count_ < pieces_max, "a segment is cut so that its pieces have room here");
  BlockPool::hold(block);
  bytes_[count_] = piece;
  blocks_[count_++] = &block;
  pieces = std::span(bytes_).first(count_);
}

void LentBlocks::released() noexcept {
  for (std::size_t index = 0; index < count_; ++index) memory_.blocks_.give_back(*blocks_[index]);
  count_ = 0;
  pieces = {};
  --memory_.lent_;
  memory_.free_.add_first(*this);
}

LentBlocks* Memory::try_lend() noexcept {
  LentBlocks* lent = free_.take_first();
  if (lent == nullptr) lent = new (std::nothrow) LentBlocks(*this);
  if (lent != nullptr) ++lent_;
  return lent;
}

Memory::~Memory() {
  SUNDOG_ASSERT(lent_ == 0, "the devices that read from this memory must end before it does");
  while (LentBlocks* const lent = free_.take_first()) delete lent;
}

}  // namespace sundog::net::tcp
