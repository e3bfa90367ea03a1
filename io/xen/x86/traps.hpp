// Processor exceptions. Every one is a programming error here (there are no interrupts: the poller
// asks Xen for events and never takes one, see block.hpp), so the handler prints the cause, the
// registers and a backtrace and stops the domain as crashed. It runs on a stack of its own: the
// program's may be the very thing that ran out.
#pragma once

#include <cstdint>

namespace sundog::xen::x86 {

// What traps.S leaves on the stack: the registers it pushed, then what the processor did.
struct TrapFrame {
  std::uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
  std::uint64_t vector, error_code;
  std::uint64_t rip, cs, flags, rsp, ss;
};

// Loads the descriptor tables. Before it, an exception resets the domain without a word.
void install_traps() noexcept;

}  // namespace sundog::xen::x86
