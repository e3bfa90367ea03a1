// The page tables after boot: every page of memory with the least access that its content needs.
//
//   image text     read, execute            image rodata   read
//   image data     read, write              the rest of RAM, Xen's shared pages   read, write
//   page 0, the page under the stack, and every address that is neither RAM nor shared with Xen: no
//   access
//
// No page is both writable and executable, and CR0.WP holds ring 0 to it.
#pragma once

#include <cstdint>
#include <span>

#include "sundog/io/xen/boot.hpp"

namespace sundog::xen::x86 {

// Physical memory is mapped one to one up to here; what RAM lies above is left unused.
inline constexpr std::uint64_t mapped_end = 0x1'0000'0000;

// An address range without RAM in any PVH domain (libxl keeps RAM below 0xf0000000), where pages
// that Xen lends are put: the shared info page at its start, the grant table's frames after it.
inline constexpr std::uint64_t shared_info_address = 0xf000'0000;
inline constexpr std::uint64_t grant_table_address = 0xf000'1000;

// Replaces the boot's identity map, where everything is writable and executable, by the map
// described above. `ram` lists all RAM.
void protect_memory(std::span<const PhysicalRange> ram) noexcept;

// SMEP, SMAP and UMIP, each where the processor has it. There is no user mode here that they would
// guard against; they keep a wrong page table entry or descriptor table read from passing unseen.
void enable_processor_protections() noexcept;

}  // namespace sundog::xen::x86
