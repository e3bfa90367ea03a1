// FramePool: where coroutine frames and other small, short-lived objects of the runtime live.
//
// Free lists by size class, one set for each thread, filled from slabs: allocating and freeing are
// a few instructions and a server in steady state makes no calls to malloc. Freed memory stays in
// the pool, for the next frame of that size; the pool therefore holds the high-water mark of what
// was live at once, until trim() is called. Memory must be freed on the thread that allocated it,
// as tasks never change their thread.
//
// Under AddressSanitizer every allocation goes to operator new, so that a use after free is found
// where it happens; elsewhere too while a FramePool::Bypass lives. This is decided when the program
// runs, not when it is compiled: a program with the sanitizer may use a library without it, and
// each frees what the other has allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

// 1 where this file is compiled with AddressSanitizer, else 0.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SUNDOG_POOL_BYPASSED 1
#endif
#endif
#ifndef SUNDOG_POOL_BYPASSED
#define SUNDOG_POOL_BYPASSED 0
#endif

namespace sundog {

class [[gnu::visibility("default")]] FramePool {
 public:
  // The size classes are the multiples of this.
  static constexpr std::size_t class_step_bytes = sizeof(void*);
  // Of blocks whose size is a multiple of it; others are aligned to class_step_bytes, which suits
  // them, for an object's size is a multiple of its alignment.
  static constexpr std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
  // Larger requests go to operator new: they are rare, and pooling them would hoard memory.
  static constexpr std::size_t pooled_bytes_max = 2048;
  static constexpr std::size_t slab_bytes = std::size_t{64} * 1024;

  // Memory for an object of `bytes` bytes (see alignment). Throws std::bad_alloc and leaks nothing.
  static void* allocate(std::size_t bytes) {
    const std::size_t index = (bytes + class_step_bytes - 1) / class_step_bytes;
    if (index < pooled_classes_) [[likely]] {
      if (FreeBlock* block = free_[index]) [[likely]] {
        free_[index] = block->next;
        return block;
      }
      return refill(index);
    }
    return ::operator new(whole(bytes));
  }

  // Takes back what allocate(bytes) gave.
  static void deallocate(void* memory, std::size_t bytes) noexcept {
    const std::size_t index = (bytes + class_step_bytes - 1) / class_step_bytes;
    if (index < pooled_classes_) [[likely]] {
      auto* block = static_cast<FreeBlock*>(memory);
      block->next = free_[index];
      free_[index] = block;
      return;
    }
    if (index < class_count && give_back_to_slab(memory, index)) return;
    ::operator delete(memory);  // without its size, of which the allocating side may know another
  }

  // Gives the slabs of this thread in which nothing is in use back to the heap, and tells how many
  // bytes that was. It looks at every free block, some 10 ns each: for a quiet moment after a load
  // is gone. Does nothing where memory for its own lists is short, or the pool is bypassed.
  static std::size_t trim() noexcept;

  // While one lives, each allocation of this thread goes to operator new and can fail there by
  // itself: for simulations of machines that run out of memory. What was pooled before goes back to
  // the pool, and what is allocated meanwhile may be freed later: it then joins the pool.
  class Bypass {
   public:
    Bypass() noexcept : before_(std::exchange(pooled_classes_, 0)) {}
    ~Bypass() { pooled_classes_ = before_; }
    Bypass(const Bypass&) = delete;
    Bypass& operator=(const Bypass&) = delete;

   private:
    std::size_t before_;
  };

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  static constexpr std::size_t class_count = pooled_bytes_max / class_step_bytes + 1;

  // As large as its size class, so that it may come into the pool when it is freed.
  // AddressSanitizer shall know the exact size.
  static constexpr std::size_t whole(std::size_t bytes) noexcept {
    if (SUNDOG_POOL_BYPASSED == 1) return bytes;
    if (bytes == 0) return class_step_bytes;
    return (bytes + class_step_bytes - 1) & ~(class_step_bytes - 1);
  }
  static void* refill(std::size_t index);
  // How trim() goes about it.
  class Trimming;
  // False: the block is of no slab.
  static bool give_back_to_slab(void* memory, std::size_t index) noexcept;

  // The first so many size classes are pooled: all, or none. In a program of differently compiled
  // parts one of them sets the initial value, for all.
  static inline constinit thread_local std::size_t pooled_classes_ =
      SUNDOG_POOL_BYPASSED == 1 ? 0 : class_count;
  static inline constinit thread_local FreeBlock* free_[class_count] = {};
};

// A base that places every object of the class derived from it in the pool.
class Pooled {
 public:
  static void* operator new(std::size_t bytes) { return FramePool::allocate(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept {
    FramePool::deallocate(memory, bytes);
  }
};

}  // namespace sundog
