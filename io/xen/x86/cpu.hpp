// The processor's instructions that C++ has no words for.
#pragma once

#include <cstdint>

namespace sundog::xen::x86 {

struct CpuidResult {
  std::uint32_t eax, ebx, ecx, edx;
};

// How often cpuid() was called: each is a VM exit.
inline constinit std::uint64_t cpuid_count = 0;

inline CpuidResult cpuid(std::uint32_t leaf, std::uint32_t subleaf = 0) noexcept {
  ++cpuid_count;
  CpuidResult result;
  asm volatile("cpuid"
               : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
               : "a"(leaf), "c"(subleaf));
  return result;
}

inline void write_msr(std::uint32_t index, std::uint64_t value) noexcept {
  asm volatile("wrmsr"
               :
               : "c"(index), "a"(static_cast<std::uint32_t>(value)),
                 "d"(static_cast<std::uint32_t>(value >> 32))
               : "memory");
}

// Ordered after every earlier load, as pvclock's readers need it.
inline std::uint64_t read_tsc() noexcept {
  std::uint32_t low, high;
  asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return (std::uint64_t{high} << 32) | low;
}

inline void write_port(std::uint16_t port, std::uint8_t value) noexcept {
  asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

inline std::uint64_t read_cr2() noexcept {
  std::uint64_t value;
  asm volatile("movq %%cr2, %0" : "=r"(value));
  return value;
}

inline std::uint64_t read_cr4() noexcept {
  std::uint64_t value;
  asm volatile("movq %%cr4, %0" : "=r"(value));
  return value;
}

inline void write_cr4(std::uint64_t value) noexcept {
  asm volatile("movq %0, %%cr4" : : "r"(value) : "memory");
}

// Also forgets every cached translation: no page here is global.
inline void write_cr3(std::uint64_t value) noexcept {
  asm volatile("movq %0, %%cr3" : : "r"(value) : "memory");
}

}  // namespace sundog::xen::x86
