// The first instructions. Xen enters a PVH guest in 32-bit protected mode: flat segments, paging off, no stack, and in %ebx the
// physical address of hvm_start_info (xen/arch-x86/hvm/start_info.h). From here to 64-bit C++: map the low 4 GiB one to one in
// 2 MiB pages (sundog_page_directory and its parents, which paging.cpp then tightens), switch modes, switch to the stack.

#define CR0_VALUE        0x80010033   /* PG, WP, NE, ET, MP, PE */
#define CR4_VALUE        0x00000620   /* PAE, OSFXSR, OSXMMEXCPT */
#define MSR_EFER         0xc0000080
#define EFER_VALUE       0x00000901   /* NXE, LME, SCE: the C library's system calls are answered in ring 0 */
#define PAGE_TABLE       0x003        /* present, writable */
#define PAGE_LARGE       0x083        /* present, writable, 2 MiB */

  // XEN_ELFNOTE_PHYS32_ENTRY: what makes this a PVH image. The value is 4 bytes; loaders differ about 8.
  .section .note.Xen, "a", @note
  .balign 4
  .long 4, 4, 18
  .asciz "Xen"
  .long sundog_entry

  .section .text.entry, "ax"
  .code32
  .globl sundog_entry
sundog_entry:
  cld
  rdtsc
  movl %eax, sundog_entry_tsc
  movl %edx, sundog_entry_tsc + 4
  movl $sundog_page_directory, %edi
  movl $PAGE_LARGE, %eax
1:movl %eax, (%edi)  // .bss is zero: the upper half of each entry stays so
  addl $0x200000, %eax
  addl $8, %edi
  cmpl $(sundog_page_directory + 4 * 4096), %edi
  jne 1b

  movl $(sundog_page_directory + PAGE_TABLE), %eax
  movl $page_directory_pointers, %edi
2:movl %eax, (%edi)
  addl $4096, %eax
  addl $8, %edi
  cmpl $(page_directory_pointers + 4 * 8), %edi
  jne 2b
  movl $(page_directory_pointers + PAGE_TABLE), sundog_page_root

  movl $CR4_VALUE, %eax
  movl %eax, %cr4
  movl $sundog_page_root, %eax
  movl %eax, %cr3
  movl $MSR_EFER, %ecx
  movl $EFER_VALUE, %eax
  xorl %edx, %edx
  wrmsr
  movl $CR0_VALUE, %eax
  movl %eax, %cr0
  lgdt boot_gdt_pointer
  ljmp $0x08, $long_mode

  .code64
long_mode:
  movl $0x10, %eax
  movl %eax, %ds
  movl %eax, %es
  movl %eax, %ss
  xorl %eax, %eax
  movl %eax, %fs
  movl %eax, %gs
  movl $__stack_top, %esp
  movl %ebx, %edi
  xorl %ebp, %ebp  // the end of every backtrace
  pushq $0  // a return address, so that the stack is aligned as after a call
  jmp sundog_boot

  .section .rodata.boot, "a"
  .balign 8
boot_gdt:
  .quad 0
  .quad 0x00af9b000000ffff  // 0x08: code, ring 0, 64 bit
  .quad 0x00cf93000000ffff  // 0x10: data
boot_gdt_pointer:
  .word . - boot_gdt - 1
  .long boot_gdt

  .bss
  .balign 8
  .globl sundog_entry_tsc
sundog_entry_tsc:                     // the time stamp counter at the first instruction, see x86/pvclock.cpp
  .skip 8
  .balign 4096
  .globl sundog_page_root, sundog_page_directory
sundog_page_root:
  .skip 4096
page_directory_pointers:
  .skip 4096
sundog_page_directory:  // four tables of 512 entries: 4 GiB
  .skip 4 * 4096
