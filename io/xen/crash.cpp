#include "sundog/io/xen/crash.hpp"

#include <utility>

#include "sundog/io/xen/devices/console.hpp"
#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"

namespace sundog::xen {
namespace {

constinit bool crashing = false;
constinit bool draining = false;

[[noreturn]] void stop_as_crashed() noexcept {
  sched_shutdown request{SHUTDOWN_crash};
  sched_op(SCHEDOP_shutdown, &request);
  halt_for_ever();
}

}  // namespace

constinit void (*crash_task_dump)() noexcept = nullptr;

void crash_begin() noexcept {
  if (crashing) {  // what was said before must still be read
    if (!std::exchange(draining, true)) drain_console();
    stop_as_crashed();
  }
  crashing = true;
  crash_print("\nsundog: crash: ");
}

void crash_print(const char* text) noexcept { write_console(text); }

void crash_print_hex(std::uint64_t value) noexcept {
  char text[17];
  for (int digit = 0; digit < 16; ++digit)
    text[digit] = "0123456789abcdef"[value >> (60 - 4 * digit) & 15];
  text[16] = '\0';
  crash_print(text);
}

void crash_end() noexcept {
  if (crash_task_dump != nullptr) crash_task_dump();
  draining = true;
  drain_console();
  stop_as_crashed();
}

void crash(const char* cause) noexcept {
  crash_begin();
  crash_print(cause);
  crash_print("\n");
  print_backtrace(reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)),
                  *static_cast<const std::uintptr_t*>(__builtin_frame_address(0)));
  crash_end();
}

}  // namespace sundog::xen
