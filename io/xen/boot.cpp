#include "sundog/io/xen/boot.hpp"

#include <elf.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "sundog/io/xen/command_line.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/io/xen/seed.hpp"
#include "sundog/io/xen/set_up.hpp"
#include "sundog/io/xen/store/store_seed.hpp"

extern "C" {
// The architecture's image.ld.
extern char __image_start[], __image_end[], __tdata_start[], __tdata_end[], __tbss_end[];
int program_main(int, char**, char**) __asm__("main");  // C++ lets nobody name main itself
[[noreturn]] int __libc_start_main(int (*)(int, char**, char**), int, char**, void (*)(),
                                   void (*)(), void (*)());
}

namespace sundog::xen {
namespace {

void give_memory_to_allocator(std::span<const PhysicalRange> ram) noexcept {
  const auto image_start = reinterpret_cast<std::uint64_t>(__image_start);
  const auto image_end = reinterpret_cast<std::uint64_t>(__image_end);
  for (const PhysicalRange& range : ram) {
    const std::uint64_t start = range.start == 0 ? page_bytes : range.start;
    if (range.end <= image_start || start >= image_end) {
      add_memory(start, range.end);
    } else {
      add_memory(start, image_start);
      add_memory(image_end, range.end);
    }
  }
}

// Where the thread-local variables' initial values are. Other program headers are not read.
Elf64_Phdr thread_local_header() noexcept {
  Elf64_Phdr header{};
  header.p_type = PT_TLS;
  header.p_vaddr = reinterpret_cast<std::uint64_t>(__tdata_start);
  header.p_filesz = static_cast<std::uint64_t>(__tdata_end - __tdata_start);
  header.p_memsz = static_cast<std::uint64_t>(__tbss_end - __tdata_start);
  header.p_align = 64;  // image.ld aligns .tdata so
  return header;
}

// Lays out what a static program finds on its stack (System V ABI, "Process Initialization"), as
// far as musl reads it, and goes there: arguments, null, no environment, null, then pairs of the
// auxiliary vector.
[[noreturn]] void start_program(char* command_line) noexcept {
  constexpr std::size_t words_max = 64;
  static std::array<char*, words_max> words{};
  static std::array<std::uint64_t, words_max + 2 + 2 * 6> stack{};
  static Elf64_Phdr header = thread_local_header();
  static std::byte random[16];
  fill_for_canary(random, sizeof random);

  static char name[] = "sundog";
  words[0] = name;
  const std::size_t count = 1 + split_command_line(command_line, std::span(words).subspan(1));
  std::size_t place = 0;
  for (const char* word : std::span(words).first(count))
    stack[place++] = reinterpret_cast<std::uint64_t>(word);
  place += 2;
  const auto add = [&](std::uint64_t type, std::uint64_t value) {
    stack[place++] = type;
    stack[place++] = value;
  };
  add(AT_PAGESZ, page_bytes);
  add(AT_RANDOM, reinterpret_cast<std::uint64_t>(random));
  add(AT_PHDR, reinterpret_cast<std::uint64_t>(&header));
  add(AT_PHENT, sizeof header);
  add(AT_PHNUM, 1);
  __libc_start_main(program_main, static_cast<int>(count), reinterpret_cast<char**>(stack.data()),
                    nullptr, nullptr, nullptr);
}

}  // namespace

// Not under the stack protector, whose canary is drawn here.
__attribute__((no_stack_protector)) void boot(std::span<const PhysicalRange> ram,
                                              char* command_line) noexcept {
  give_memory_to_allocator(ram);
  if (!set_up()) {
    write_early("sundog: Xen refuses the shared info page\r\n");
    halt_for_ever();
  }
  take_seed_at_boot();
  start_program(command_line);
}

}  // namespace sundog::xen
