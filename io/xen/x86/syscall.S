// Where the C library's `syscall` instructions arrive, in ring 0 like their caller: %rax holds the number, %rdi %rsi %rdx %r10
// %r8 %r9 the arguments, %rcx the return address, %r11 the flags. There is no stack switch, so the caller's red zone (128 bytes
// below %rsp, which the stock C library uses) is stepped over. sysret would lead to ring 3: return by popf and jump.

  .text
  .globl sundog_syscall_entry
  .type sundog_syscall_entry, @function
sundog_syscall_entry:
  leaq -128(%rsp), %rsp
  pushq %rbp
  movq %rsp, %rbp
  pushq %rcx
  pushq %r11
  pushq %rdi
  pushq %rsi
  pushq %rdx
  pushq %r10
  pushq %r8
  pushq %r9
  andq $-16, %rsp
  movq %r10, %r8  // sundog_system_call(number, first, second, third, fourth)
  movq %rdx, %rcx
  movq %rsi, %rdx
  movq %rdi, %rsi
  movq %rax, %rdi
  call sundog_system_call
  movq -64(%rbp), %r9
  movq -56(%rbp), %r8
  movq -48(%rbp), %r10
  movq -40(%rbp), %rdx
  movq -32(%rbp), %rsi
  movq -24(%rbp), %rdi
  movq -16(%rbp), %r11
  movq -8(%rbp), %rcx
  movq %rbp, %rsp
  popq %rbp
  leaq 128(%rsp), %rsp
  pushq %r11
  popfq
  jmp *%rcx
  .size sundog_syscall_entry, . - sundog_syscall_entry
