#include "tests/runtime/failing_allocations.hpp"

#include <cstdlib>
#include <limits>
#include <new>

namespace {

constexpr std::size_t never_fails = std::numeric_limits<std::size_t>::max();
constinit std::size_t until_failure = never_fails;
constinit bool has_failed = false;
constinit std::size_t live_count = 0;

void* allocate(std::size_t bytes) {
  if (until_failure != never_fails && until_failure-- == 0) {
    until_failure = never_fails;
    has_failed = true;
    throw std::bad_alloc();
  }
  void* memory = std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  ++live_count;
  return memory;
}
void release(void* memory) noexcept {
  if (memory != nullptr) --live_count;
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
// Of a sanitizer's own otherwise, and then freed by ours.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return allocate(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](std::size_t bytes, const std::nothrow_t& tag) noexcept {
  return operator new(bytes, tag);
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

namespace sundog::test {

FailingAllocation::FailingAllocation(std::size_t n) noexcept {
  has_failed = false;
  until_failure = n;
}
FailingAllocation::~FailingAllocation() { until_failure = never_fails; }
bool FailingAllocation::failed() const noexcept { return has_failed; }

std::size_t live_allocation_count() noexcept { return live_count; }

}  // namespace sundog::test
