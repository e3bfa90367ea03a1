// The C library's allocator, over runs of pages (memory.hpp). musl's own is 9 KB of code and made
// for threads that attack each other's heaps; a domain has one thread.
//
// Small blocks of one size share a page: its head keeps their free list, its end is filled with
// them, so that a block is aligned to every power of two that divides its size. A page whose blocks
// are all free goes back, but for one of each size. Larger blocks are runs of pages; how long each
// is stands in a table with a number for every page of the domain. So free() knows what it is given
// by its address: a block at the start of a page is a run. What neither of both can be ends the
// domain, as a crash.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>

#include "sundog/io/xen/crash.hpp"
#include "sundog/io/xen/memory.hpp"

namespace sundog::xen {
namespace {

// Each fits a whole number of times, or nearly, into a page without its head.
constexpr std::uint16_t sizes[] = {16,  32,  48,  64,  80,  96,  112, 128,  160,  192,
                                   224, 256, 320, 384, 448, 512, 672, 1008, 1344, 2016};
constexpr std::size_t size_count = std::size(sizes);
constexpr std::size_t alignment = 16;
constexpr std::uint32_t page_mark = 0x534d414c;  // "SMAL"

struct FreeBlock {
  FreeBlock* next;
};

struct Page {
  Page* next;   // of the pages of this size that have a free block
  Page** link;  // what points here
  FreeBlock* first;
  std::uint16_t used_count;
  std::uint16_t size_index;
  std::uint32_t mark;
};
static_assert(sizeof(Page) <= 32);

constinit std::array<Page*, size_count> open_pages{};
constinit std::uint32_t* run_lengths = nullptr;  // pages, by the number of the first

[[noreturn]] void refuse() noexcept { crash("free() of what malloc() did not give"); }

std::size_t page_number(const void* address) noexcept {
  return reinterpret_cast<std::uintptr_t>(address) / page_bytes;
}

void open(Page& page) noexcept {
  Page*& first = open_pages[page.size_index];
  page.next = first;
  page.link = &first;
  if (first != nullptr) first->link = &page.next;
  first = &page;
}

void close(Page& page) noexcept {
  *page.link = page.next;
  if (page.next != nullptr) page.next->link = page.link;
}

Page* new_page(std::size_t size_index) noexcept {
  auto* const start = static_cast<std::byte*>(allocate_pages(1));
  if (start == nullptr) return nullptr;
  auto* const page = reinterpret_cast<Page*>(start);
  page->size_index = static_cast<std::uint16_t>(size_index);
  page->mark = page_mark;
  const std::size_t size = sizes[size_index];
  for (std::byte* block = start + page_bytes - size; block >= start + sizeof(Page); block -= size) {
    auto* const free_block = reinterpret_cast<FreeBlock*>(block);
    free_block->next = page->first;
    page->first = free_block;
  }
  open(*page);
  return page;
}

void* take_block(std::size_t size_index) noexcept {
  Page* page = open_pages[size_index];
  if (page == nullptr) page = new_page(size_index);
  if (page == nullptr) return nullptr;
  FreeBlock* const block = page->first;
  page->first = block->next;
  ++page->used_count;
  if (page->first == nullptr) close(*page);
  return block;
}

Page& page_of(void* block) noexcept {
  auto& page =
      *reinterpret_cast<Page*>(reinterpret_cast<std::uintptr_t>(block) & ~(page_bytes - 1));
  if (page.mark != page_mark) refuse();
  return page;
}

void give_block(void* block) noexcept {
  Page& page = page_of(block);
  if (page.used_count == 0) refuse();
  auto* const free_block = static_cast<FreeBlock*>(block);
  free_block->next = page.first;
  page.first = free_block;
  --page.used_count;
  if (free_block->next == nullptr) open(page);
  const bool only = open_pages[page.size_index] == &page && page.next == nullptr;
  if (page.used_count != 0 || only) return;
  close(page);
  page.mark = 0;
  free_pages(&page, 1);
}

void* take_run(std::size_t size, std::size_t align) noexcept {
  if (run_lengths == nullptr) {
    const std::size_t bytes = (memory_end() / page_bytes + 1) * sizeof(std::uint32_t);
    run_lengths = static_cast<std::uint32_t*>(allocate_pages(bytes / page_bytes + 1));
    if (run_lengths == nullptr) return nullptr;
  }
  if (size > memory_end() || align > memory_end()) return nullptr;
  const std::size_t count = (size + page_bytes - 1) / page_bytes;
  const std::size_t more = align > page_bytes ? align / page_bytes - 1 : 0;
  auto* start = static_cast<std::byte*>(allocate_pages(count + more));
  if (start == nullptr) return nullptr;
  if (more != 0) {
    const std::size_t before =
        (align - reinterpret_cast<std::uintptr_t>(start) % align) % align / page_bytes;
    free_pages(start, before);
    start += before * page_bytes;
    free_pages(start + count * page_bytes, more - before);
  }
  run_lengths[page_number(start)] = static_cast<std::uint32_t>(count);
  return start;
}

bool is_run(const void* block) noexcept {
  return reinterpret_cast<std::uintptr_t>(block) % page_bytes == 0;
}

std::uint32_t& run_length(const void* run) noexcept {
  if (run_lengths == nullptr || page_number(run) > memory_end() / page_bytes) refuse();
  std::uint32_t& length = run_lengths[page_number(run)];
  if (length == 0) refuse();
  return length;
}

void* allocate(std::size_t size, std::size_t align) noexcept {
  const auto* const fitting =
      std::find_if(std::begin(sizes), std::end(sizes),
                   [&](std::size_t offered) { return offered >= size && offered % align == 0; });
  void* const block = fitting != std::end(sizes)
                          ? take_block(static_cast<std::size_t>(fitting - sizes))
                          : take_run(size, align);
  if (block == nullptr) errno = ENOMEM;
  return block;
}

}  // namespace
}  // namespace sundog::xen

using namespace sundog::xen;

extern "C" {

void* malloc(std::size_t size) noexcept { return allocate(size, alignment); }

void free(void* block) noexcept {
  if (block == nullptr) return;
  if (!is_run(block)) return give_block(block);
  std::uint32_t& length = run_length(block);
  free_pages(block, std::exchange(length, 0));
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  std::size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  void* const block = malloc(bytes);
  if (block != nullptr && !is_run(block)) std::memset(block, 0, bytes);
  return block;
}

std::size_t malloc_usable_size(void* block) noexcept {
  if (block == nullptr) return 0;
  return is_run(block) ? run_length(block) * page_bytes : sizes[page_of(block).size_index];
}

void* realloc(void* block, std::size_t size) noexcept {
  const std::size_t old_size = malloc_usable_size(block);
  // Half of the room left unused is given back.
  if (block != nullptr && size <= old_size && (size > old_size / 2 || old_size == sizes[0]))
    return block;
  void* const moved = malloc(size);
  if (moved == nullptr || block == nullptr) return moved;
  std::memcpy(moved, block, std::min(size, old_size));
  free(block);
  return moved;
}

void* aligned_alloc(std::size_t align, std::size_t size) noexcept {
  return allocate(size, std::max(align, alignment));
}
void* memalign(std::size_t align, std::size_t size) noexcept { return aligned_alloc(align, size); }

int posix_memalign(void** result, std::size_t align, std::size_t size) noexcept {
  *result = aligned_alloc(align, size);
  return *result != nullptr ? 0 : ENOMEM;
}

// By these names the C library asks for itself.
void* __libc_malloc(std::size_t size) noexcept { return malloc(size); }
void* __libc_calloc(std::size_t count, std::size_t size) noexcept { return calloc(count, size); }
void* __libc_realloc(void* block, std::size_t size) noexcept { return realloc(block, size); }
void __libc_free(void* block) noexcept { free(block); }
}
