#include "tests/http/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

std::size_t count = 0;
std::size_t failing_count = 0;  // the count at which to fail; 0: never

void* allocate(std::size_t size) {
  ++count;
  if (count == failing_count) throw std::bad_alloc();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return allocate(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace sundog::http {

std::size_t allocation_count() { return count; }

FailingAllocation::FailingAllocation(std::size_t survivors) {
  failing_count = count + survivors + 1;
}
FailingAllocation::~FailingAllocation() { failing_count = 0; }
bool FailingAllocation::happened() const { return count >= failing_count; }

}  // namespace sundog::http
