// The last words of a domain that cannot go on: printed by code that needs no memory, no C library
// and no working program, to the console's ring and, from before the console is up, to Xen's log;
// then the domain is shut down as crashed, so that the toolstack's on_crash rule applies.
#pragma once

#include <cstdint>

namespace sundog::xen {

// Opens the report. A crash while crashing stops the domain at once.
void crash_begin() noexcept;
void crash_print(const char* text) noexcept;
void crash_print_hex(std::uint64_t value) noexcept;
// Prints what tasks are waiting for, where the program has installed such a printer, and stops the
// domain.
[[noreturn]] void crash_end() noexcept;

// The whole report for a mistake that has no processor exception behind it: `cause` is one line.
[[noreturn]] void crash(const char* cause) noexcept;

// Called once by crash_end before the domain stops; null for none.
extern void (*crash_task_dump)() noexcept;

}  // namespace sundog::xen
