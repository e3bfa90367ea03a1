// long sundog_hypercall(number, first, second, third): the call's number goes to %rax, its arguments one register to the left.
// Xen may clobber the argument registers; all of them are the caller's to save in the C convention, too.
// AMD's instruction is vmmcall, Intel's vmcall: sundog_intel says which, set at boot from CPUID. No hypercall page is used: it
// has no place in an image whose text is not writable, and Xen's own guide advises against it.

  .text
  .globl sundog_hypercall
  .type sundog_hypercall, @function
sundog_hypercall:
  movl %edi, %eax
  incq sundog_hypercall_count(%rip)
  incq sundog_hypercalls_by_number(,%rax,8)
  movq %rsi, %rdi
  movq %rdx, %rsi
  movq %rcx, %rdx
  cmpb $0, sundog_intel(%rip)
  jne 1f
  vmmcall
  ret
1:vmcall
  ret
  .size sundog_hypercall, . - sundog_hypercall

  .bss
  .balign 8
  .globl sundog_hypercall_count, sundog_hypercalls_by_number, sundog_intel
sundog_hypercall_count:
  .skip 8
sundog_hypercalls_by_number:
  .skip 8 * 64
sundog_intel:
  .skip 1
