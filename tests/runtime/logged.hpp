// Logged: catches what is logged as long as it lives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sundog/runtime/text/log.hpp"

namespace sundog::test {

class Logged {
 public:
  Logged() {
    lines.clear();
    log::set_sink(
        [](const log::Source& source, log::Level level, std::string_view message) noexcept {
          lines.push_back(std::string(log::name(level)) + " " + std::string(source.name()) + ": " +
                          std::string(message));
        });
  }
  ~Logged() {
    log::set_sink([](const log::Source&, log::Level, std::string_view) noexcept {});
  }
  Logged(const Logged&) = delete;
  Logged& operator=(const Logged&) = delete;

  // How many lines contain the text.
  static std::size_t count(std::string_view text) {
    std::size_t found = 0;
    for (const std::string& line : lines) found += line.find(text) != std::string::npos;
    return found;
  }

  static inline std::vector<std::string> lines;
};

}  // namespace sundog::test
