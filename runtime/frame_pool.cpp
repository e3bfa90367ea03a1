#include "sundog/runtime/frame_pool.hpp"

#include "sundog/runtime/language/probe.hpp"

#include <algorithm>
#include <functional>
#include <new>
#include <vector>

namespace sundog {
namespace {

// The slabs of a thread, chained through their first bytes so that they stay reachable for leak
// checkers. They are not given back when the thread ends: an object made there may be destroyed
// after any thread-local destructor has run.
struct Slab {
  Slab* next;
  std::size_t free_bytes;  // of trim()
};
constinit thread_local Slab* slabs = nullptr;
// The unused rest of the newest slab.
constinit thread_local char* unused = nullptr;
constinit thread_local std::size_t unused_bytes = 0;

constexpr std::size_t slab_header_bytes =
    (sizeof(Slab) + FramePool::alignment - 1) & ~(FramePool::alignment - 1);

}  // namespace

void* FramePool::refill(std::size_t index) {
  // A request of zero bytes is class 0, which has no room for the free list's link: it shares class
  // 1's size.
  const std::size_t bytes = (index == 0 ? 1 : index) * class_step_bytes;
  // A pair of those whose size is not a multiple of the alignment, so that the slab stays aligned.
  const bool pair = bytes % alignment != 0;
  const std::size_t taken_bytes = pair ? 2 * bytes : bytes;
  if (unused_bytes < taken_bytes) {
    // The rest of the old slab becomes free blocks: nothing is lost.
    while (unused_bytes > 0) {
      SUNDOG_PROBE("the rest of a slab became a free block");
      const std::size_t rest_bytes = std::min(unused_bytes, pooled_bytes_max);
      free_[rest_bytes / class_step_bytes] =
          new (unused) FreeBlock{free_[rest_bytes / class_step_bytes]};
      unused += rest_bytes;
      unused_bytes -= rest_bytes;
    }
    char* memory = static_cast<char*>(::operator new(slab_bytes));
    slabs = new (memory) Slab{slabs, 0};
    unused = memory + slab_header_bytes;
    unused_bytes = slab_bytes - slab_header_bytes;
  }
  char* block = unused;
  unused += taken_bytes;
  unused_bytes -= taken_bytes;
  if (pair) free_[index] = new (block + bytes) FreeBlock{free_[index]};
  return block;
}

bool FramePool::give_back_to_slab(void* memory, std::size_t index) noexcept {
  const std::less_equal<> not_after;
  for (Slab* slab = slabs; slab != nullptr; slab = slab->next) {
    char* first = reinterpret_cast<char*>(slab);
    if (!not_after(static_cast<void*>(first), memory) ||
        not_after(static_cast<void*>(first + slab_bytes), memory)) {
      continue;
    }
    SUNDOG_PROBE("a pooled block was freed while the pool is bypassed");
    free_[index] = new (memory) FreeBlock{free_[index]};
    return true;
  }
  return false;
}

// Which slab a free block is of, and which slabs are free as a whole.
class FramePool::Trimming {
 public:
  // Throws std::bad_alloc.
  Trimming() {
    for (Slab* slab = slabs; slab != nullptr; slab = slab->next) {
      slab->free_bytes = 0;
      by_address_.push_back(slab);
    }
    std::sort(by_address_.begin(), by_address_.end(), std::less<>());
  }

  void count_free_blocks() noexcept {
    for (std::size_t index = 0; index < class_count; ++index) {
      for (FreeBlock* block = free_[index]; block != nullptr; block = block->next) {
        if (Slab* slab = find(block)) slab->free_bytes += bytes_of(index);
      }
    }
    if (Slab* newest = unused_bytes > 0 ? find(unused) : nullptr)
      newest->free_bytes += unused_bytes;
  }

  void unlink_blocks() noexcept {
    if (unused_bytes > 0 && is_free(find(unused))) unused_bytes = 0;
    for (FreeBlock*& first : free_) {
      FreeBlock** link = &first;
      while (FreeBlock* const block = *link) {
        if (is_free(find(block))) {
          *link = block->next;
        } else {
          link = &block->next;
        }
      }
    }
  }

  std::size_t release_slabs() noexcept {
    std::size_t released_bytes = 0;
    Slab** link = &slabs;
    while (Slab* const slab = *link) {
      if (!is_free(slab)) {
        link = &slab->next;
        continue;
      }
      *link = slab->next;
      ::operator delete(static_cast<void*>(slab));
      released_bytes += slab_bytes;
    }
    return released_bytes;
  }

 private:
  static std::size_t bytes_of(std::size_t index) noexcept {
    return (index == 0 ? 1 : index) * class_step_bytes;
  }
  static bool is_free(const Slab* slab) noexcept {
    return slab != nullptr && slab->free_bytes == slab_bytes - slab_header_bytes;
  }
  // Null: it was allocated while the pool was bypassed.
  Slab* find(const void* block) const noexcept {
    const auto after =
        std::upper_bound(by_address_.begin(), by_address_.end(), block, std::less<>());
    if (after == by_address_.begin()) return nullptr;
    Slab* const slab = *(after - 1);
    const char* const end = reinterpret_cast<const char*>(slab) + slab_bytes;
    return std::less<>()(block, static_cast<const void*>(end)) ? slab : nullptr;
  }

  std::vector<Slab*> by_address_;
};

std::size_t FramePool::trim() noexcept {
  if (pooled_classes_ == 0) return 0;
  try {
    Trimming trimming;
    trimming.count_free_blocks();
    trimming.unlink_blocks();
    return trimming.release_slabs();
  } catch (const std::bad_alloc&) {
    SUNDOG_PROBE("there was no memory to find out which slabs are free");
    return 0;
  }
}

}  // namespace sundog
