#include "sundog/io/xen/x86/traps.hpp"

#include <cstddef>
#include <iterator>

#include "sundog/io/xen/crash.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/x86/cpu.hpp"

extern "C" {
extern char sundog_trap_stubs[];                                                // x86/traps.S
extern char __image_start[], __rodata_start[], __stack_guard[], __stack_top[];  // x86/image.ld
}

namespace sundog::xen::x86 {
namespace {

constexpr std::size_t vectors = 32;
constexpr std::uint16_t code_selector = 0x08, task_selector = 0x18;

struct [[gnu::packed]] TaskState {
  std::uint32_t reserved_0;
  std::uint64_t rsp[3];
  std::uint64_t reserved_1;
  std::uint64_t interrupt_stacks[7];
  std::uint64_t reserved_2;
  std::uint16_t reserved_3;
  std::uint16_t port_map_offset;
};

struct Gate {
  std::uint64_t low;
  std::uint64_t high;
};

struct [[gnu::packed]] TablePointer {
  std::uint16_t limit;
  std::uint64_t address;
};

alignas(16) constinit std::byte trap_stack[8192] = {};
constinit TaskState task_state = {};
constinit Gate interrupt_table[vectors] = {};
constinit std::uint64_t segment_table[5] = {0, 0x00af9b00'0000ffff, 0x00cf9300'0000ffff, 0, 0};

// In the order of their numbers, with no name for reserved ones: one text, since a table of
// pointers would be as large again.
constexpr char names[] =
    "divide error\0debug\0non-maskable interrupt\0breakpoint\0overflow\0bound\0"
    "invalid instruction\0no FPU\0double fault\0\0invalid task state\0segment not present\0"
    "stack fault\0general protection fault\0page fault\0\0floating-point error\0"
    "alignment check\0machine check\0SIMD floating-point error\0virtualization exception\0"
    "control protection fault\0";

// Empty for numbers without a name.
const char* name_of(std::uint64_t vector) noexcept {
  const char* name = names;
  for (; vector != 0 && name != std::end(names) - 1; --vector) {
    while (*name++ != '\0') {
    }
  }
  return name;
}

void print_register(const char* name, std::uint64_t value, const char* after) noexcept {
  crash_print(name);
  crash_print(" ");
  crash_print_hex(value);
  crash_print(after);
}

void print_registers(const TrapFrame& frame) noexcept {
  print_register("rip", frame.rip, "  ");
  print_register("rsp", frame.rsp, "  ");
  print_register("flags", frame.flags, "\n");
  // The others stand in a row there: a loop over them is a third of the code.
  constexpr char others[][4] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8 ",
                                "r9 ", "r10", "r11", "r12", "r13", "r14", "r15"};
  static_assert(offsetof(TrapFrame, r15) == sizeof(std::uint64_t) * (std::size(others) - 1));
  const std::uint64_t* value = &frame.rax;
  for (const char(&name)[4] : others) {
    const bool last_in_line = (value - &frame.rax) % 4 == 2;  // the 15th, too
    print_register(name, *value++, last_in_line ? "\n" : "  ");
  }
}

void print_page_fault(const TrapFrame& frame) noexcept {
  const std::uint64_t address = read_cr2();
  constexpr std::uint64_t was_present = 1, was_write = 2, was_fetch = 16;
  crash_print(frame.error_code & was_fetch   ? "execution of "
              : frame.error_code & was_write ? "write to "
                                             : "read of ");
  crash_print_hex(address);
  const auto guard = reinterpret_cast<std::uint64_t>(__stack_guard);
  if (address >= guard && address < guard + 4096) {
    crash_print(": the stack is used up");
  } else if (address < 4096) {
    crash_print(": a null pointer");
  } else {
    crash_print(frame.error_code & was_present ? ": the page forbids it" : ": nothing is there");
  }
  crash_print("\n");
}

}  // namespace

void install_traps() noexcept {
  task_state.interrupt_stacks[0] = reinterpret_cast<std::uint64_t>(trap_stack + sizeof trap_stack);
  task_state.port_map_offset = sizeof task_state;
  const auto task = reinterpret_cast<std::uint64_t>(&task_state);
  segment_table[3] = (sizeof task_state - 1) | ((task & 0xffffff) << 16) |
                     (std::uint64_t{0x89} << 40) | ((task >> 24 & 0xff) << 56);
  segment_table[4] = task >> 32;
  for (std::size_t vector = 0; vector < vectors; ++vector) {
    constexpr std::uint64_t gate_present = 0x8e, first_interrupt_stack = 1;
    const auto stub = reinterpret_cast<std::uint64_t>(sundog_trap_stubs + 16 * vector);
    interrupt_table[vector] = {(stub & 0xffff) | (std::uint64_t{code_selector} << 16) |
                                   (first_interrupt_stack << 32) | (gate_present << 40) |
                                   ((stub >> 16 & 0xffff) << 48),
                               stub >> 32};
  }
  const TablePointer segments{sizeof segment_table - 1,
                              reinterpret_cast<std::uint64_t>(segment_table)};
  const TablePointer interrupts{sizeof interrupt_table - 1,
                                reinterpret_cast<std::uint64_t>(interrupt_table)};
  asm volatile("lgdt %0; lidt %1; ltr %2"
               :
               : "m"(segments), "m"(interrupts), "r"(task_selector)
               : "memory");
}

}  // namespace sundog::xen::x86

void sundog::xen::print_backtrace(std::uintptr_t instruction,
                                  std::uintptr_t frame_pointer) noexcept {
  const auto text_start = reinterpret_cast<std::uint64_t>(__image_start);
  const auto text_end = reinterpret_cast<std::uint64_t>(__rodata_start);
  const auto stack_start = reinterpret_cast<std::uint64_t>(__stack_guard) + 4096;
  const auto stack_end = reinterpret_cast<std::uint64_t>(__stack_top);
  constexpr int frames_max = 64;
  crash_print("backtrace:");
  // Frames of the C library keep no frame pointer: the chain is checked at each step and may skip
  // callers, but never leaves the stack.
  for (int frame = 0; frame < frames_max; ++frame) {
    crash_print(" ");
    crash_print_hex(instruction);
    // A jump to nowhere has a first address outside of the text, and goes on with its caller's.
    if (frame != 0 && (instruction < text_start || instruction >= text_end)) break;
    if (frame_pointer < stack_start || frame_pointer > stack_end - 16 || frame_pointer % 8 != 0)
      break;
    const auto* saved = reinterpret_cast<const std::uint64_t*>(frame_pointer);
    if (saved[0] != 0 && saved[0] <= frame_pointer) break;
    instruction = saved[1];
    frame_pointer = saved[0];
  }
  crash_print("\n");
}

extern "C" [[noreturn]] void sundog_trap(const sundog::xen::x86::TrapFrame* frame) noexcept {
  using namespace sundog::xen;
  using namespace sundog::xen::x86;
  constexpr std::uint64_t page_fault = 14;
  crash_begin();
  const char* const name = name_of(frame->vector);
  crash_print(*name != '\0' ? name : "unknown exception");
  print_register(", error code", frame->error_code, "\n");
  if (frame->vector == page_fault) print_page_fault(*frame);
  print_registers(*frame);
  print_backtrace(frame->rip, frame->rbp);
  crash_end();
}
