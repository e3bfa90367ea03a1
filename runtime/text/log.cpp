#include "sundog/runtime/text/log.hpp"

#include <new>
#include <stdexcept>
#include <string>

#include "sundog/runtime/text/join_text.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/text/standard_error.hpp"

namespace sundog::log {
namespace {

// What everybody gets before the platform has set a sink.
void to_standard_error(const Source& source, Level level, std::string_view message) noexcept {
  detail::write_standard_error({name(level), " ", source.name(), ": ", message, "\n"});
}

constinit Sink sink = to_standard_error;
constinit Source* first = nullptr;
constinit Level default_level = Level::info;

Level parse_level(std::string_view text) {
  for (const Level level : {Level::debug, Level::info, Level::warning, Level::error, Level::off}) {
    if (text == name(level)) return level;
  }
  SUNDOG_PROBE("an unknown log level");
  throw std::invalid_argument(
      join_text({"unknown log level `", text, "': use debug, info, warning, error or off"}));
}

}  // namespace

Source general("sundog");

std::string_view name(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
    case Level::off:
      return "off";
  }
  return "?";
}

Source::Source(std::string_view name) noexcept : name_(name), level_(default_level), next_(first) {
  first = this;
}

void Source::write_enabled(Level level, const CheckedPattern& pattern,
                           std::span<const FormatArgument> arguments) const {
  try {
    sink(*this, level, format_arguments(pattern, arguments));
  } catch (const std::bad_alloc&) {
    // Reporting that memory ran out must not fail for lack of memory: at least the text is printed.
    sink(*this, level, pattern.text);
  }
}

void configure(std::string_view levels) {
  while (!levels.empty()) {
    const std::size_t comma = levels.find(',');
    const std::string_view item = levels.substr(0, comma);
    levels = comma == std::string_view::npos ? std::string_view() : levels.substr(comma + 1);
    const std::size_t colon = item.find(':');
    if (colon == std::string_view::npos) {
      default_level = parse_level(item);
      for (Source* source = first; source != nullptr; source = source->next_) {
        source->set_level(default_level);
      }
      continue;
    }
    const std::string_view wanted = item.substr(0, colon);
    const Level level = parse_level(item.substr(colon + 1));
    bool found = false;
    for (Source* source = first; source != nullptr; source = source->next_) {
      if (source->name() == wanted) {
        source->set_level(level);
        found = true;
      }
    }
    if (!found) {
      std::string names;
      for (const Source* source = first; source != nullptr; source = source->next()) {
        append_text(names, {names.empty() ? "" : ", ", source->name()});
      }
      SUNDOG_PROBE("an unknown part of the log");
      throw std::invalid_argument(
          join_text({"no part of this program logs as `", wanted, "': there are ", names}));
    }
  }
}

void set_sink(Sink new_sink) noexcept { sink = new_sink; }

}  // namespace sundog::log
