// From the first 64-bit instruction to what is the same on every architecture (io/xen/boot.cpp):
// find Xen, take stock of memory, tighten the page tables.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include <xen/arch-x86/cpuid.h>
#include <xen/arch-x86/hvm/start_info.h>

#include "sundog/io/xen/boot.hpp"
#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/io/xen/x86/cpu.hpp"
#include "sundog/io/xen/x86/paging.hpp"
#include "sundog/io/xen/x86/traps.hpp"

extern "C" {
extern char sundog_syscall_entry[];  // x86/syscall.S
extern std::uint8_t sundog_intel;    // x86/hypercall.S
[[noreturn]] void sundog_boot(const hvm_start_info* start) noexcept;
}

namespace sundog::xen::x86 {
namespace {

constexpr std::size_t command_line_bytes = 1024;
constexpr std::size_t ranges_max = 32;

std::array<char, command_line_bytes> command_line{};
std::array<PhysicalRange, ranges_max> ram{};
std::size_t ram_count = 0;

// Without Xen nothing can be asked of anybody: say why on the debug port and on what a PC calls
// COM1, and stop.
[[noreturn]] void stop(std::string_view why) noexcept {
  constexpr std::uint16_t debug_port = 0xe9, first_serial_port = 0x3f8;
  for (const char byte : why) {
    write_port(debug_port, static_cast<std::uint8_t>(byte));
    write_port(first_serial_port, static_cast<std::uint8_t>(byte));
  }
  halt_for_ever();
}

// Xen's CPUID leaves begin at 0x40000000, or, where it also poses as another hypervisor, some
// multiple of 0x100 later.
bool on_xen() noexcept {
  for (std::uint32_t leaf = XEN_CPUID_FIRST_LEAF; leaf < XEN_CPUID_FIRST_LEAF + 0x10000;
       leaf += 0x100) {
    const CpuidResult signature = cpuid(leaf);
    if (signature.ebx == XEN_CPUID_SIGNATURE_EBX && signature.ecx == XEN_CPUID_SIGNATURE_ECX &&
        signature.edx == XEN_CPUID_SIGNATURE_EDX) {
      return true;
    }
  }
  return false;
}

void find_vendor() noexcept {
  constexpr std::uint32_t genuine_intel_ebx = 0x756e6547;
  sundog_intel = cpuid(0).ebx == genuine_intel_ebx;
}

void add_ram(std::uint64_t start, std::uint64_t end) noexcept {
  if (end > mapped_end) end = mapped_end;
  if (start < end && ram_count < ranges_max) ram[ram_count++] = {start, end};
}

// Everything is copied out: what the toolstack laid down may lie anywhere in memory that is about
// to be given to the allocator.
void read_start_info(const hvm_start_info& start) noexcept {
  if (start.cmdline_paddr != 0) {
    const auto* const text = reinterpret_cast<const char*>(start.cmdline_paddr);
    std::memcpy(command_line.data(), text, strnlen(text, command_line_bytes - 1));
  }
  if (start.version >= 1 && start.memmap_entries != 0) {
    const auto* const entries = reinterpret_cast<const hvm_memmap_table_entry*>(start.memmap_paddr);
    for (std::uint32_t index = 0; index < start.memmap_entries; ++index) {
      if (entries[index].type == XEN_HVM_MEMMAP_TYPE_RAM)
        add_ram(entries[index].addr, entries[index].addr + entries[index].size);
    }
    return;
  }
  // Version 0 (Xen 4.8, as in Qubes 4.0) has no map there: ask Xen.
  struct {
    std::uint64_t addr, size;
    std::uint32_t type;
  } __attribute__((packed)) entries[ranges_max];
  xen_memory_map request{};
  request.nr_entries = ranges_max;
  request.buffer.p = entries;
  if (memory_op(XENMEM_memory_map, &request) != 0) stop("sundog: Xen reports no memory\r\n");
  for (std::uint32_t index = 0; index < request.nr_entries; ++index) {
    if (entries[index].type == XEN_HVM_MEMMAP_TYPE_RAM)
      add_ram(entries[index].addr, entries[index].addr + entries[index].size);
  }
}

void answer_system_calls() noexcept {
  constexpr std::uint32_t msr_star = 0xc0000081, msr_lstar = 0xc0000082, msr_fmask = 0xc0000084;
  constexpr std::uint64_t kernel_code = 0x08, direction_flag = 0x400;
  write_msr(msr_star, kernel_code << 32);
  write_msr(msr_lstar, reinterpret_cast<std::uint64_t>(sundog_syscall_entry));
  write_msr(msr_fmask, direction_flag);
}

// Thread-local variables and the stack protector's canary live at %fs, which musl sets up in
// __libc_start_main. Until then it points here.
void lend_thread_block() noexcept {
  constexpr std::uint32_t msr_fs_base = 0xc0000100;
  alignas(16) static constinit std::array<std::uint64_t, 16> block{};
  write_msr(msr_fs_base, reinterpret_cast<std::uint64_t>(block.data()));
}

}  // namespace
}  // namespace sundog::xen::x86

extern "C" __attribute__((no_stack_protector)) void sundog_boot(
    const hvm_start_info* start) noexcept {
  using namespace sundog::xen;
  using namespace sundog::xen::x86;
  lend_thread_block();
  if (start->magic != XEN_HVM_START_MAGIC_VALUE || !on_xen()) {
    stop(
        "sundog: this image boots as a PVH guest of Xen (xl create), and there is no Xen "
        "below\r\n");
  }
  find_vendor();
  install_traps();
  read_start_info(*start);
  protect_memory({ram.data(), ram_count});
  enable_processor_protections();
  answer_system_calls();
  boot({ram.data(), ram_count}, command_line.data());
}
