#include "sundog/io/xen/memory.hpp"

#include <algorithm>
#include <cstring>

namespace sundog::xen {
namespace {

struct FreeRun {
  std::size_t count;  // pages
  FreeRun* next;      // at a higher address
};

constinit FreeRun* first_run = nullptr;
constinit std::size_t total_pages = 0;
constinit std::size_t free_page_count = 0;
constinit std::uintptr_t highest_end = 0;

std::byte* end_of(FreeRun* run) noexcept {
  return reinterpret_cast<std::byte*>(run) + run->count * page_bytes;
}

void join_with_next(FreeRun* run) noexcept {
  if (run->next == nullptr || end_of(run) != reinterpret_cast<std::byte*>(run->next)) return;
  run->count += run->next->count;
  run->next = run->next->next;
}

}  // namespace

void add_memory(std::uintptr_t start, std::uintptr_t end) noexcept {
  start = (start + page_bytes - 1) / page_bytes * page_bytes;
  end = end / page_bytes * page_bytes;
  if (start >= end) return;
  const std::size_t count = (end - start) / page_bytes;
  total_pages += count;
  highest_end = std::max(highest_end, end);
  free_pages(reinterpret_cast<void*>(start), count);
}

std::uintptr_t memory_end() noexcept { return highest_end; }

void* allocate_pages(std::size_t count) noexcept {
  if (count == 0) return nullptr;
  for (FreeRun** link = &first_run; *link != nullptr; link = &(*link)->next) {
    FreeRun* const run = *link;
    if (run->count < count) continue;
    if (run->count == count) {
      *link = run->next;
    } else {
      auto* const rest =
          reinterpret_cast<FreeRun*>(reinterpret_cast<std::byte*>(run) + count * page_bytes);
      *rest = {run->count - count, run->next};
      *link = rest;
    }
    free_page_count -= count;
    return std::memset(static_cast<void*>(run), 0, count * page_bytes);
  }
  return nullptr;
}

void free_pages(void* first, std::size_t count) noexcept {
  if (count == 0) return;
  auto* const run = static_cast<FreeRun*>(first);
  FreeRun** link = &first_run;
  FreeRun* before = nullptr;
  while (*link != nullptr && *link < run) {
    before = *link;
    link = &(*link)->next;
  }
  *run = {count, *link};
  *link = run;
  free_page_count += count;
  join_with_next(run);
  if (before != nullptr) join_with_next(before);
}

MemoryUse memory_use() noexcept { return {total_pages * page_bytes, free_page_count * page_bytes}; }

}  // namespace sundog::xen
