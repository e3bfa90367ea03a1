// MemoryMap: the memory of a simulated domain and of dom0 beside it.
//
// Everything stands where an image finds it: memory is mapped one to one, so that a page's number
// is its address divided by its size, and the pages that Xen lends are at the addresses of
// io/xen/machine.hpp. All of it is one file in memory, so that a page of dom0's can also be seen
// at an address of the domain's. One at a time in a process.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sundog::sim::xen {

class MemoryMap {
 public:
  static constexpr std::size_t page_bytes = 4096;
  // The domain's.
  static constexpr std::uintptr_t ram_start = 0x4000'0000;
  static constexpr std::size_t ram_pages = 2048;
  static constexpr std::uintptr_t ram_end = ram_start + ram_pages * page_bytes;
  // What the toolstack made for it.
  static constexpr std::uintptr_t store_page = 0x5000'0000;
  static constexpr std::uintptr_t console_page = store_page + page_bytes;
  // dom0's own pages, to grant to the domain.
  static constexpr std::uintptr_t foreign_start = 0x5100'0000;
  static constexpr std::size_t foreign_pages = 16;

  MemoryMap();
  ~MemoryMap();
  MemoryMap(const MemoryMap&) = delete;
  MemoryMap& operator=(const MemoryMap&) = delete;

  // Puts a fresh page at an address where nothing is.
  void lend(std::uintptr_t address);
  // Takes a page of the domain's memory away: code that touches it then is stopped.
  void take_out(std::uintptr_t address);
  // Puts memory there again.
  void put_back(std::uintptr_t address);
  // Shows a page of dom0's at the place of one that was taken out.
  void show(std::uintptr_t address, std::uintptr_t foreign, bool writable);

  // Whether this is a page of the domain's memory.
  static bool is_ram(std::uintptr_t address) noexcept {
    return address >= ram_start && address < ram_end;
  }

 private:
  int file_;
};

}  // namespace sundog::sim::xen
