// The console: what a program says to the person in front of it. Standard output on Unix, the
// domain's console on Xen.
//
//   print("hello\n");
//   print("{} connections\n", count);
//
// Patterns are fmt's, checked at compile time (runtime/text/format.hpp). Nothing is buffered here.
// On Unix a write may block while a terminal or a pipe is full: services write their messages with
// log.hpp, and their data through a Flow.
#pragma once

#include <string_view>
#include <utility>

#include "sundog/runtime/text/format.hpp"

namespace sundog {

// Writes the text as it is. Throws std::system_error when standard output cannot be written (a
// closed pipe, a full disk).
void write_console(std::string_view text);
// The same to standard error, on Xen to the console too; never fails.
void write_console_error(std::string_view text) noexcept;

// Formats and writes; adds no newline.
template <class... Args>
void print(Pattern<Args...> pattern, Args&&... args) {
  write_console(format_text(pattern, std::forward<Args>(args)...));
}

// Whether somebody watches what write_console_error() writes: then a line may be written again and
// again.
bool is_console_watched() noexcept;

}  // namespace sundog
