// operator new and operator delete, for programs in which hosts are simulated: see memory.hpp. Not
// a part of the library, where every program would find it.
//
// All forms but the over-aligned ones, which are left as they are and charged to nobody: some of
// them do not come through the first one where a sanitizer has its own.
#include <new>

#include "sundog/io/sim/memory.hpp"

void* operator new(std::size_t bytes) { return sundog::sim::Memory::allocate(bytes); }
void* operator new[](std::size_t bytes) { return sundog::sim::Memory::allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return sundog::sim::Memory::allocate(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](std::size_t bytes, const std::nothrow_t& tag) noexcept {
  return operator new(bytes, tag);
}
void operator delete(void* memory) noexcept { sundog::sim::Memory::release(memory); }
void operator delete[](void* memory) noexcept { sundog::sim::Memory::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { sundog::sim::Memory::release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { sundog::sim::Memory::release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  sundog::sim::Memory::release(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  sundog::sim::Memory::release(memory);
}
