// HeadLimits: how large the head of a message may be.
#pragma once

#include <cstddef>

#include "sundog/io/http/limits.hpp"

namespace sundog::http {

struct HeadLimits {
  constexpr HeadLimits() = default;  // not an aggregate: it travels through coroutines by value
  constexpr HeadLimits(std::size_t line, std::size_t section, std::size_t fields)
      : line_bytes_max(line), section_bytes_max(section), field_count_max(fields) {}

  // The request line or status line, without its end.
  std::size_t line_bytes_max = request_line_bytes_max;
  // All field lines together, with their line ends.
  std::size_t section_bytes_max = field_section_bytes_max;
  std::size_t field_count_max = http::field_count_max;

  // A buffer that holds the largest head with all its line ends, and some of what follows.
  std::size_t buffer_bytes() const {
    constexpr std::size_t line_ends = 2 * leading_empty_lines_max + 4;
    constexpr std::size_t more =
        receive_buffer_bytes - request_line_bytes_max - field_section_bytes_max - line_ends;
    return line_bytes_max + section_bytes_max + line_ends + more;
  }
};

// What fetch() takes from a server: pages that set many cookies have heads of this kind.
inline constexpr HeadLimits response_head_limits{16 * 1024, 256 * 1024, 1000};

}  // namespace sundog::http
