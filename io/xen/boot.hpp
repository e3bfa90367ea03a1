// From the moment when an architecture's own boot code is done to main(): what is the same on all.
//
// The architecture's code runs first, and calls boot() in 64-bit C++ on the stack that the image
// keeps, with exceptions of the processor caught, all RAM mapped, and the C library's system calls
// answered.
#pragma once

#include <cstdint>
#include <span>

namespace sundog::xen {

// Part of the machine's memory, in bytes.
struct PhysicalRange {
  std::uint64_t start;
  std::uint64_t end;  // one past the last byte
};

// Gives all of `ram` but the image itself to the allocator, sets up what the domain shares with
// Xen, and starts the C library the way Linux starts a static program, with the words of the
// command line, which is overwritten.
[[noreturn]] void boot(std::span<const PhysicalRange> ram, char* command_line) noexcept;

}  // namespace sundog::xen
