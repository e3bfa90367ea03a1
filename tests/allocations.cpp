#include "tests/allocations.hpp"

#include <malloc.h>

#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

thread_local constinit std::uint64_t count = 0;
thread_local constinit std::int64_t live_count = 0;
thread_local constinit std::int64_t live_bytes = 0;
thread_local constinit std::uint64_t failing_count = never;  // the `count` at which to fail
thread_local constinit bool has_failed = false;

void* allocate_or_null(std::size_t bytes) noexcept {
  if (count++ == failing_count) {
    has_failed = true;
    return nullptr;
  }
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) return nullptr;
  ++live_count;
  live_bytes += static_cast<std::int64_t>(::malloc_usable_size(memory));
  return memory;
}

void* allocate(std::size_t bytes) {
  if (void* memory = allocate_or_null(bytes)) return memory;
  throw std::bad_alloc();
}

void release(void* memory) noexcept {
  if (memory != nullptr) {
    --live_count;
    live_bytes -= static_cast<std::int64_t>(::malloc_usable_size(memory));
  }
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
// Of a sanitizer's own otherwise, and then freed by ours.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate_or_null(bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return allocate_or_null(bytes);
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

namespace sundog::test {

std::uint64_t allocation_count() noexcept { return count; }
std::int64_t live_allocation_count() noexcept { return live_count; }
std::int64_t live_allocated_bytes() noexcept { return live_bytes; }

FailingAllocation::FailingAllocation(std::size_t n) noexcept {
  has_failed = false;
  failing_count = count + n;
}
FailingAllocation::~FailingAllocation() { failing_count = never; }
bool FailingAllocation::failed() const noexcept { return has_failed; }

}  // namespace sundog::test
