// The C library's system calls, answered in ring 0.
//
// The image is linked with musl's static libc, built for Linux, which asks for memory and output by
// `syscall`. The processor's part (x86/syscall.S) brings each here. What a unikernel has is
// answered as Linux would; what it lacks is refused with ENOSYS and named on the console, once for
// each call, so that a program that leans on the host's kernel does not fail in silence. The time
// and random bytes are functions of their own, which only those images have that call them
// (libc_clock.cpp, libc_random.cpp).
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <bitset>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/crash.hpp"
#include "sundog/io/xen/domain.hpp"
#include "sundog/io/xen/library/libc.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/runtime/text/digits.hpp"

namespace sundog::xen {
namespace {

using Word = std::uint64_t;

constexpr Word refuse(int error) noexcept { return static_cast<Word>(-error); }
std::size_t pages_of(Word bytes) noexcept { return (bytes + page_bytes - 1) / page_bytes; }

Word map_memory(Word address, Word bytes, Word flags) noexcept {
  if ((flags & MAP_ANONYMOUS) == 0) return refuse(ENODEV);
  if ((flags & MAP_FIXED) != 0 || bytes == 0) return refuse(address == 0 ? EINVAL : ENOMEM);
  void* const pages = allocate_pages(pages_of(bytes));
  return pages != nullptr ? reinterpret_cast<Word>(pages) : refuse(ENOMEM);
}

Word write_vector(Word descriptor, const iovec* parts, Word count) noexcept {
  if (descriptor != 1 && descriptor != 2) return refuse(EBADF);
  Word written = 0;
  for (Word part = 0; part < count; ++part) {
    append_console({static_cast<const char*>(parts[part].iov_base), parts[part].iov_len});
    written += parts[part].iov_len;
  }
  write_console({});
  return written;
}

Word write_out(Word descriptor, void* text, Word size) noexcept {
  const iovec part{text, size};
  return write_vector(descriptor, &part, 1);
}

void name_missing(Word number) noexcept {
  constexpr std::size_t numbers = 512;
  static constinit std::bitset<numbers> named{};
  if (number >= numbers || named[number]) return;
  named[number] = true;
  char name[system_call_name_max];
  const std::size_t length = system_call_name(number, name);
  append_console("sundog: there is no system call ");
  append_console(length != 0 ? std::string_view(name, length) : Decimal(number));
  write_console(" on Xen\n");
}

}  // namespace

Word answer_system_call(Word number, Word first, Word second, Word third, Word fourth) noexcept {
  switch (number) {
    case SYS_mmap:
      return map_memory(first, second, fourth);
    case SYS_munmap:
      free_pages(reinterpret_cast<void*>(first), pages_of(second));
      return 0;
    case SYS_mprotect:
    case SYS_madvise:
      return 0;
    case SYS_mremap:
      return refuse(ENOMEM);  // musl then allocates, copies and frees
    case SYS_brk:
      return 0;  // never moves: musl then uses mmap
    case SYS_write:
      return write_out(first, reinterpret_cast<void*>(second), third);
    case SYS_writev:
      return write_vector(first, reinterpret_cast<const iovec*>(second), third);
    case SYS_read:
      return first == 0 ? read_console(reinterpret_cast<char*>(second), third) : refuse(EBADF);
    case SYS_close:
    case SYS_fcntl:
      return refuse(EBADF);
    case SYS_lseek:
      return refuse(ESPIPE);
    // The console is a terminal, whatever its size: standard output is then flushed at each line.
    case SYS_ioctl:
      return first <= 2 && second == TIOCGWINSZ ? 0 : refuse(ENOTTY);
    case SYS_set_tid_address:
    case SYS_gettid:
    case SYS_getpid:
      return 1;
    case SYS_rt_sigprocmask:
    case SYS_sched_yield:
      return 0;
    case SYS_exit:
    case SYS_exit_group:
      exit_domain(static_cast<int>(first));
    default:
      name_missing(number);
      return refuse(ENOSYS);
  }
}

}  // namespace sundog::xen
