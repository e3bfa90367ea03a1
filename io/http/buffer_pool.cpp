#include "sundog/io/http/buffer_pool.hpp"

#include <utility>

namespace sundog::http {

BufferPool::Buffer BufferPool::take(BufferPool* pool, std::size_t size) {
  char* bytes = pool != nullptr ? pool->find(size) : nullptr;
  if (bytes == nullptr) bytes = std::make_unique_for_overwrite<char[]>(size).release();
  return Buffer(bytes, GiveBack(pool, size));
}

// There are hardly more than two sizes, and the last ones given back are the warmest.
char* BufferPool::find(std::size_t size) noexcept {
  for (std::size_t i = count_; i-- > 0;) {
    if (kept_[i].size != size) continue;
    char* const bytes = kept_[i].bytes.release();
    std::swap(kept_[i], kept_[--count_]);
    return bytes;
  }
  return nullptr;
}

void BufferPool::shrink() noexcept {
  while (count_ > 0) kept_[--count_].bytes.reset();
}

void BufferPool::GiveBack::operator()(char* bytes) const noexcept {
  std::unique_ptr<char[]> back(bytes);
  if (pool_ == nullptr || pool_->count_ == kept_max) return;
  pool_->kept_[pool_->count_++] = Kept{size_, std::move(back)};
}

}  // namespace sundog::http
