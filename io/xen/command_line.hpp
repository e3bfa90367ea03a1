// The guest's command line (`extra` in its xl configuration), split into words as a shell would: at
// spaces, except between double or single quotes, which are dropped; a backslash keeps the next
// character as it is, outside of single quotes.
//
//   --hello="Good morning" --count 3     gives   --hello=Good morning | --count | 3
//
// An unfinished quote ends with the line. Works in place and allocates nothing: it runs before the
// C library does.
#pragma once

#include <cstddef>
#include <span>

namespace sundog::xen {

// Overwrites `line` with the words, each ending in NUL, and points `words` at them in turn; returns
// how many there are. Words beyond the span's size are dropped.
inline std::size_t split_command_line(char* line, std::span<char*> words) noexcept {
  std::size_t count = 0;
  const char* from = line;
  char* to = line;
  for (;;) {
    while (*from == ' ' || *from == '\t') ++from;
    if (*from == '\0' || count == words.size()) return count;
    words[count++] = to;
    char quote = '\0';
    while (*from != '\0' && (quote != '\0' || (*from != ' ' && *from != '\t'))) {
      const char byte = *from++;
      if (quote == '\0' && (byte == '"' || byte == '\'')) {
        quote = byte;
      } else if (byte == quote) {
        quote = '\0';
      } else if (byte == '\\' && quote != '\'' && *from != '\0') {
        *to++ = *from++;
      } else {
        *to++ = byte;
      }
    }
    // The separator is skipped before its place is overwritten.
    const bool last = *from == '\0';
    if (!last) ++from;
    *to++ = '\0';
    if (last) return count;
  }
}

}  // namespace sundog::xen
