#include "sundog/io/http/buffer_pool.hpp"

#include <utility>

namespace sundog::http {

BufferPool::Buffer BufferPool::take(BufferPool* pool, std::size_t size) {
  Shelf* const shelf = pool != nullptr ? pool->shelf_for(size) : nullptr;
  if (shelf != nullptr && shelf->count > 0) {
    return Buffer(shelf->pieces[--shelf->count].release(), GiveBack(shelf));
  }
  return Buffer(std::make_unique_for_overwrite<char[]>(size).release(), GiveBack(shelf));
}

// Null: there are too many sizes.
BufferPool::Shelf* BufferPool::shelf_for(std::size_t size) noexcept {
  for (Shelf& shelf : shelves_) {
    if (shelf.size == 0) shelf.size = size;
    if (shelf.size == size) return &shelf;
  }
  return nullptr;
}

std::size_t BufferPool::kept_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const Shelf& shelf : shelves_) bytes += shelf.count * shelf.size;
  return bytes;
}

void BufferPool::shrink() noexcept {
  for (Shelf& shelf : shelves_) {
    while (shelf.count > 0) shelf.pieces[--shelf.count].reset();
  }
}

void BufferPool::GiveBack::operator()(char* bytes) const noexcept {
  std::unique_ptr<char[]> back(bytes);
  if (shelf_ == nullptr || shelf_->count == kept_max) return;
  shelf_->pieces[shelf_->count++] = std::move(back);
}

}  // namespace sundog::http
