// Logging, with named sources and a level for each.
//
//   log::info("listening on {}", port);
//   inline log::Source http_log("http");
//   http_log.debug("{} {}", method, path);
//
// A message whose level is off costs one comparison: it is not formatted. Where messages go is the
// platform's business (set_sink): spdlog on standard error on Unix, the console on Xen. Patterns
// are fmt's, checked at compile time (format.hpp).
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "sundog/runtime/text/format.hpp"

namespace sundog::log {

// How grave a message is. As the level of a source: the least grave that is still written; `off`
// writes none.
enum class Level : unsigned char { debug, info, warning, error, off };

// "debug", "info", ..., as in configure() and before each message.
std::string_view name(Level level) noexcept;

// A part of the program that logs under a name. Make it a namespace-scope variable: sources
// register themselves and are never unregistered. The name must be a literal.
class Source {
 public:
  explicit Source(std::string_view name) noexcept;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Its name, its level, and whether messages of a level are written now.
  std::string_view name() const noexcept { return name_; }
  Level level() const noexcept { return level_; }
  void set_level(Level level) noexcept { level_ = level; }
  bool enabled(Level level) const noexcept { return level >= level_; }
  // The source that registered before it; null for the first.
  const Source* next() const noexcept { return next_; }

  // Write a message of that level, or nothing when it is not enabled; the arguments are formatted
  // only then. Nothing is thrown but what formatting an argument throws.
  template <class... Args>
  void debug(Pattern<Args...> pattern, Args&&... args) const {
    write<Args...>(Level::debug, pattern, args...);
  }
  template <class... Args>
  void info(Pattern<Args...> pattern, Args&&... args) const {
    write<Args...>(Level::info, pattern, args...);
  }
  template <class... Args>
  void warning(Pattern<Args...> pattern, Args&&... args) const {
    write<Args...>(Level::warning, pattern, args...);
  }
  template <class... Args>
  void error(Pattern<Args...> pattern, Args&&... args) const {
    write<Args...>(Level::error, pattern, args...);
  }

 private:
  friend void configure(std::string_view levels);

  template <class... Args>
  void write(Level level, const CheckedPattern& pattern, const Args&... args) const {
    if (!enabled(level)) return;
    const std::array<FormatArgument, sizeof...(Args)> arguments{FormatArgument::of(args)...};
    write_enabled(level, pattern, arguments);
  }
  void write_enabled(Level level, const CheckedPattern& pattern,
                     std::span<const FormatArgument> arguments) const;

  std::string_view name_;
  Level level_;
  Source* next_;
};

// Sets levels: "info" for all, "info,http:debug" with exceptions by source. Throws
// std::invalid_argument with a sentence for people when a level or a source is unknown.
void configure(std::string_view levels);

// Takes finished messages; must not throw and must not log.
using Sink = void (*)(const Source& source, Level level, std::string_view message) noexcept;
void set_sink(Sink sink) noexcept;

// Of the program itself.
extern Source general;

// The same from the program itself.
template <class... Args>
void debug(Pattern<Args...> pattern, Args&&... args) {
  general.debug(pattern, std::forward<Args>(args)...);
}
template <class... Args>
void info(Pattern<Args...> pattern, Args&&... args) {
  general.info(pattern, std::forward<Args>(args)...);
}
template <class... Args>
void warning(Pattern<Args...> pattern, Args&&... args) {
  general.warning(pattern, std::forward<Args>(args)...);
}
template <class... Args>
void error(Pattern<Args...> pattern, Args&&... args) {
  general.error(pattern, std::forward<Args>(args)...);
}

}  // namespace sundog::log
