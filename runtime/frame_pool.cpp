#include "sundog/runtime/frame_pool.hpp"

#include "sundog/runtime/language/probe.hpp"

#include <algorithm>
#include <functional>

namespace sundog {
namespace {

// The slabs of a thread, chained through their first bytes so that they stay reachable for leak
// checkers. They are not given back when the thread ends: an object made there may be destroyed
// after any thread-local destructor has run.
struct Slab {
  Slab* next;
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
    slabs = new (memory) Slab{slabs};
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

}  // namespace sundog
