// What syscall.S calls: arch_prctl is answered here, and the rest in libc.cpp.
#include <sys/syscall.h>

#include <cstdint>

#include "sundog/io/xen/library/libc.hpp"
#include "sundog/io/xen/x86/cpu.hpp"

// Not under the stack protector, whose canary arch_prctl replaces.
extern "C" __attribute__((no_stack_protector)) std::uint64_t sundog_system_call(
    std::uint64_t number, std::uint64_t first, std::uint64_t second, std::uint64_t third,
    std::uint64_t fourth) noexcept {
  constexpr std::uint64_t set_fs =
      0x1002;  // ARCH_SET_FS: where thread-local variables and the stack protector's canary are
  constexpr std::uint32_t msr_fs_base = 0xc0000100;
  if (number == SYS_arch_prctl && first == set_fs) {
    sundog::xen::x86::write_msr(msr_fs_base, second);
    return 0;
  }
  return sundog::xen::answer_system_call(number, first, second, third, fourth);
}
