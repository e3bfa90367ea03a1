// The machine under io/xen: what its portable files ask of a processor. One folder answers for
// each architecture, x86/ today, chosen in meson.build; nothing outside of it knows a register.
// What such a folder must bring:
//
//   this header           clocks, random numbers, the addresses for Xen's pages, the backtrace
//   hypercall.hpp         sundog_hypercall and the two counters beside it
//   frame.hpp             frames of the stack, for exceptions
//   library/libc.hpp      the names of system calls; and what brings a call of the C library's
//                         to answer_system_call
//   boot.hpp              it calls boot(), having done first what is asked there
//   image.ld              the image's layout, with the names that boot.cpp, pack.py and the
//                         unwinder read
//   meson.build           its files; and where Debian has musl for it
//
// Without such a processor, tests/sim/xen does all of that but the last four for the simulator.
#pragma once

#include <cstdint>
#include <string_view>

namespace sundog::xen {

// Nanoseconds since the host started. Never less than an earlier call's answer. No hypercall.
std::uint64_t system_time_ns() noexcept;

// Forgets those answers: after a resume, the clock may be another host's, whose time is less.
void restart_clock() noexcept;

// Nanoseconds from the image's first instruction to now.
std::uint64_t time_since_entry_ns() noexcept;

// What the processor's cycle counter shows: for entropy, not for time.
std::uint64_t cycle_count() noexcept;

// A word from the processor's own source of random numbers; false where it has none, or where that
// one fails.
bool processor_random(std::uint64_t& value) noexcept;

// Where pages that Xen lends are put, an address range without RAM: the shared info page, and
// behind it the frames of the grant table.
std::uintptr_t shared_info_address() noexcept;
std::uintptr_t grant_table_address() noexcept;

// Bytes for Xen's own log (`xl dmesg`), from before there is a console; each costs an exit.
void write_early(std::string_view text) noexcept;

// Prints the chain of return addresses that starts at frame pointer `frame_pointer`, for
// `addr2line` or the tool's backtrace.
void print_backtrace(std::uintptr_t instruction, std::uintptr_t frame_pointer) noexcept;

// How often the processor was asked what it can do, which is an exit each time.
std::uint64_t processor_query_count() noexcept;

// Where there is nobody left to ask to end the domain.
[[noreturn]] void halt_for_ever() noexcept;

}  // namespace sundog::xen
