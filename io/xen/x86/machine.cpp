// What machine.hpp promises, on x86; the clocks are in pvclock.cpp, backtraces in traps.cpp.
#include "sundog/io/xen/machine.hpp"

#include "sundog/io/xen/x86/cpu.hpp"
#include "sundog/io/xen/x86/paging.hpp"

namespace sundog::xen {

std::uint64_t cycle_count() noexcept { return x86::read_tsc(); }

bool processor_random(std::uint64_t& value) noexcept {
  static const bool available = (x86::cpuid(1).ecx & (1u << 30)) != 0;
  constexpr int tries = 10;  // Intel's manual: a healthy generator fails no more often in a row
  for (int attempt = 0; available && attempt < tries; ++attempt) {
    unsigned char succeeded;
    asm volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(succeeded) : : "cc");
    if (succeeded != 0) return true;
  }
  return false;
}

std::uintptr_t shared_info_address() noexcept { return x86::shared_info_address; }
std::uintptr_t grant_table_address() noexcept { return x86::grant_table_address; }

void write_early(std::string_view text) noexcept {
  constexpr std::uint16_t debug_port = 0xe9;
  for (const char byte : text) x86::write_port(debug_port, static_cast<std::uint8_t>(byte));
}

std::uint64_t processor_query_count() noexcept { return x86::cpuid_count; }

void halt_for_ever() noexcept {
  for (;;) asm volatile("cli; hlt");
}

}  // namespace sundog::xen
