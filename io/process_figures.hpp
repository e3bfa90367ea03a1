// What the platform can tell of the program that runs: for operators, not for decisions.
#pragma once

#include <cstdint>
#include <optional>

#include "sundog/timers/clock.hpp"

namespace sundog {

// What a platform does not know is empty.
struct ProcessFigures {
  std::optional<std::uint64_t> memory_bytes;      // resident on Unix; in use, of a Xen domain's
  std::optional<std::uint64_t> memory_max_bytes;  // what there is of it
  std::optional<std::uint64_t> descriptor_count;
  std::optional<std::uint64_t> descriptor_max;
  std::optional<Duration> processor_time;
};

// As it is now. Takes some microseconds, and one for each descriptor that is open.
ProcessFigures process_figures();

}  // namespace sundog
