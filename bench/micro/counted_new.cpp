#include "bench/micro/counted_new.hpp"

#include <cstdlib>
#include <new>

namespace {
std::uint64_t count = 0;  // the micro benchmarks have one thread
}

std::uint64_t sundog::bench::new_count() { return count; }

void* operator new(std::size_t size) {
  ++count;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
