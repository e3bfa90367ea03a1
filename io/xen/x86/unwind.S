// The two ends of unwinding (x86/frame.hpp): from a call into a Frame, and from a Frame into a landing pad.

  // Leaves a Frame of the caller on the stack and calls `target` with the exception and that. It comes back only if there is no
  // handler.
  .macro enter_with_frame name, target
    .globl \name
    .type \name, @function
\name:
    movq (%rsp), %rax
    leaq 8(%rsp), %rcx
    pushq %rax
    pushq %rcx
    pushq %r15
    pushq %r14
    pushq %r13
    pushq %r12
    pushq %rbp
    pushq %rbx
    movq %rsp, %rsi
    subq $8, %rsp  // aligned as before a call
    call \target
    addq $(8 + 8 * 8), %rsp
    ret
    .size \name, . - \name
  .endm

  .text
  enter_with_frame _Unwind_RaiseException, sundog_raise
  enter_with_frame _Unwind_Resume_or_Rethrow, sundog_raise
  enter_with_frame _Unwind_Resume, sundog_unwind

  .globl sundog_land
  .type sundog_land, @function
sundog_land:
  movq %rsi, %rax
  movq 0(%rdi), %rbx
  movq 8(%rdi), %rbp
  movq 16(%rdi), %r12
  movq 24(%rdi), %r13
  movq 32(%rdi), %r14
  movq 40(%rdi), %r15
  movq 48(%rdi), %rsp
  jmp *56(%rdi)
  .size sundog_land, . - sundog_land
