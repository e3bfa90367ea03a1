// The C library's system calls: what a unikernel answers of them (libc.cpp). How they arrive is the
// processor's (x86/syscall.S).
#pragma once

#include <cstddef>
#include <cstdint>

namespace sundog::xen {

// Linux's numbers and arguments; the result, or a negative errno. What concerns the processor
// alone, such as where thread-local variables are, is answered before it comes here.
std::uint64_t answer_system_call(std::uint64_t number, std::uint64_t first, std::uint64_t second,
                                 std::uint64_t third, std::uint64_t fourth) noexcept;

// The name of a system call, which is the processor's to know (x86/system_call_names.cpp): writes
// it to `name`, without NUL, and gives its length, 0 for a number that is none.
inline constexpr std::size_t system_call_name_max = 24;
std::size_t system_call_name(std::uint64_t number, char* name) noexcept;

}  // namespace sundog::xen
