// One stub for each of the processor's 32 exceptions: bring the stack to one shape (x86/traps.hpp: TrapFrame) and leave for C++,
// which does not come back. sundog_trap_stubs + 16 * vector is the address of vector's stub.

#define WITH_ERROR_CODE ((1 << 8) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 17) | (1 << 21))

  .text
  .globl sundog_trap_stubs
  .balign 16
sundog_trap_stubs:
  vector = 0
  .rept 32
    .balign 16
    .if ((WITH_ERROR_CODE >> vector) & 1) == 0
      pushq $0
    .endif
    pushq $vector
    jmp trap
    vector = vector + 1
  .endr

trap:
  pushq %r15
  pushq %r14
  pushq %r13
  pushq %r12
  pushq %r11
  pushq %r10
  pushq %r9
  pushq %r8
  pushq %rbp
  pushq %rdi
  pushq %rsi
  pushq %rdx
  pushq %rcx
  pushq %rbx
  pushq %rax
  movq %rsp, %rdi
  andq $-16, %rsp
  call sundog_trap
  ud2
