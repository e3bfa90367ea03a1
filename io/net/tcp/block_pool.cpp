#include "sundog/io/net/tcp/block_pool.hpp"

#include <new>

#include "sundog/runtime/language/assert.hpp"

namespace sundog::net::tcp {

BlockPool::~BlockPool() {
  SUNDOG_ASSERT(used_ == 0, "the connections must end before the memory of their queues does");
  while (free_ != nullptr) {
    Block* const next = free_->next;
    delete free_;
    free_ = next;
  }
}

Block* BlockPool::take() noexcept {
  if (exhausted()) return nullptr;
  Block* block = free_;
  if (block != nullptr) {
    free_ = block->next;
    --kept_;
  } else {
    block = new (std::nothrow) Block;
    if (block == nullptr) return nullptr;
  }
  ++used_;
  block->uses = 1;
  return block;
}

void BlockPool::give_back(Block& block) noexcept {
  if (--block.uses != 0) return;
  --used_;
  if (kept_ == kept_max_) {
    delete &block;
    return;
  }
  block.next = free_;
  free_ = &block;
  ++kept_;
}

}  // namespace sundog::net::tcp
