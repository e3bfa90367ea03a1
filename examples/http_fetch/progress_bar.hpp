// How far a download has come, in a line of the terminal that is written again and again.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sundog/io/console.hpp"
#include "sundog/runtime/text/format.hpp"
#include "sundog/timers/sleep.hpp"

namespace http_fetch {

using namespace sundog;

// "1.5 MiB"
inline std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  std::uint64_t tenths = bytes * 10;
  while (tenths >= 10'240 && unit + 1 < units.size()) {
    tenths /= 1024;
    ++unit;
  }
  if (unit == 0) return format_text("{} bytes", bytes);
  return format_text("{}.{} {}", tenths / 10, tenths % 10, units[unit]);
}

// "[#####     ]  50%  1.5 MiB of 3.0 MiB"
inline std::string progress_line(std::uint64_t received, std::optional<std::uint64_t> total) {
  if (!total) return size_text(received);
  constexpr std::size_t width = 40;
  const std::uint64_t of = std::max<std::uint64_t>(*total, 1);
  const auto filled =
      static_cast<std::size_t>(std::min<std::uint64_t>(received * width / of, width));
  const std::string bar = std::string(filled, '#') + std::string(width - filled, ' ');
  return format_text("[{}] {}%  {} of {}", bar, received * 100 / of, size_text(received),
                     size_text(*total));
}

class ProgressBar {
 public:
  // More often nobody can read it.
  static constexpr Duration shown_every = std::chrono::milliseconds(100);

  // Where it is not wanted it writes nothing.
  explicit ProgressBar(bool wanted) : wanted_(wanted) {}

  void show(std::uint64_t received, std::optional<std::uint64_t> total) {
    const TimePoint time = now();
    if (!wanted_ || (shown_ && time - *shown_ < shown_every)) return;
    shown_ = time;
    write(progress_line(received, total));
  }
  // All of it is there.
  void finish(std::uint64_t received) {
    if (!wanted_) return;
    write(progress_line(received, received));
    write_console_error("\n");
  }

 private:
  void write(const std::string& line) {
    const std::size_t blanks = line.size() < written_ ? written_ - line.size() : 0;
    write_console_error("\r" + line + std::string(blanks, ' '));
    written_ = line.size();
  }

  bool wanted_;
  std::optional<TimePoint> shown_;
  std::size_t written_ = 0;  // characters that stand in the line
};

}  // namespace http_fetch
