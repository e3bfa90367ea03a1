#include "tests/sim/xen/memory_map.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace sundog::sim::xen {
namespace {

constexpr std::size_t special_pages = 2;
constexpr std::size_t special_offset = MemoryMap::ram_pages * MemoryMap::page_bytes;
constexpr std::size_t foreign_offset = special_offset + special_pages * MemoryMap::page_bytes;
constexpr std::size_t all_bytes = foreign_offset + MemoryMap::foreign_pages * MemoryMap::page_bytes;

void map(std::uintptr_t address, std::size_t bytes, int protection, int flags, int file,
         std::size_t offset) {
  void* const wanted = reinterpret_cast<void*>(address);
  if (::mmap(wanted, bytes, protection, flags, file, static_cast<off_t>(offset)) != wanted) {
    throw std::system_error(errno, std::generic_category(), "memory of a simulated domain");
  }
}

}  // namespace

MemoryMap::MemoryMap() : file_(::memfd_create("domain", 0)) {
  if (file_ < 0 || ::ftruncate(file_, all_bytes) != 0) {
    throw std::system_error(errno, std::generic_category(), "memory of a simulated domain");
  }
  constexpr int shared = MAP_SHARED | MAP_FIXED_NOREPLACE;
  constexpr int all = PROT_READ | PROT_WRITE;
  map(ram_start, special_offset, all, shared, file_, 0);
  map(store_page, special_pages * page_bytes, all, shared, file_, special_offset);
  map(foreign_start, foreign_pages * page_bytes, all, shared, file_, foreign_offset);
}

MemoryMap::~MemoryMap() { ::close(file_); }

void MemoryMap::lend(std::uintptr_t address) {
  // Nothing is there but, with the address sanitizer, the shadow of memory that nobody has.
  map(address, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

void MemoryMap::take_out(std::uintptr_t address) {
  map(address, page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

void MemoryMap::put_back(std::uintptr_t address) {
  map(address, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_,
      address - ram_start);
  std::memset(reinterpret_cast<void*>(address), 0, page_bytes);
}

void MemoryMap::show(std::uintptr_t address, std::uintptr_t foreign, bool writable) {
  map(address, page_bytes, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED | MAP_FIXED, file_,
      foreign_offset + (foreign - foreign_start));
}

}  // namespace sundog::sim::xen
