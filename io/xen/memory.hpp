// The domain's memory as runs of 4 KiB pages: what stands under the C library's allocator
// (malloc.cpp; libc.cpp answers mmap and munmap from here, too) and under the rings and grants
// shared with other domains.
//
// Free runs form one list, in address order, and each run's node lives in the run itself, so that
// bookkeeping costs no memory. Allocation is first fit; freeing joins neighbours.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sundog::xen {

// The processor's and Xen's.
inline constexpr std::size_t page_bytes = 4096;

// One past the highest address that was given.
std::uintptr_t memory_end() noexcept;

// Gives the pages that lie wholly within [start, end) to the allocator.
void add_memory(std::uintptr_t start, std::uintptr_t end) noexcept;

// `count` pages in a row, all zero; null when there is no such run. The caller owns them until
// free_pages.
void* allocate_pages(std::size_t count) noexcept;

// Takes back `count` pages from `first`: any part of what was allocated.
void free_pages(void* first, std::size_t count) noexcept;

// What the page allocator has been given, and what of it is free.
struct MemoryUse {
  std::size_t total_bytes;
  std::size_t free_bytes;
};
MemoryUse memory_use() noexcept;

}  // namespace sundog::xen
