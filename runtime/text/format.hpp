// format_text(): text from a pattern and values, as {fmt} writes it.
//
//   const std::string text = format_text("{} of {:>8}", name, count);
//
// Patterns are {fmt}'s, and {fmt} checks them against their arguments when the program is compiled.
// What runs is smaller. Whole numbers, characters, booleans, pointers and text are written here;
// another type (a floating-point number, one with a fmt::formatter) brings {fmt}'s own code, and
// only into programs that print one. The reason is images for Xen, which carry all they use: {fmt}
// whole, which decides what to write by looking at the type while it runs, is 46 KB of them. For
// the same reason a pattern knows whether anything stands behind a colon in it: only programs with
// such a pattern hold the code for widths, bases and precisions.
//
// Different from {fmt}: a character of two columns (Chinese, say) counts as one, and there are
// neither named arguments nor the "?" presentation. Either is a broken assertion.
#pragma once

#include <fmt/core.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace sundog {

// One value that a pattern may name. Refers to the value, and must not outlive it.
class FormatArgument {
 public:
  enum class Kind : unsigned char {
    boolean,
    character,
    signed_number,
    number,
    pointer,
    text,
    other
  };
  // Writes a value of another type: appends what the specification, {fmt}'s without braces, says.
  using Write = void (*)(std::string& out, std::string_view specification, const void* value);
  struct Other {
    const void* value;
    Write write;
  };

  template <class T>
  static FormatArgument of(const T& value) noexcept {
    FormatArgument result;
    if constexpr (std::is_same_v<T, bool>) {
      result.kind = Kind::boolean;
      result.number = value ? 1 : 0;
    } else if constexpr (std::is_same_v<T, char>) {
      result.kind = Kind::character;
      result.number = static_cast<unsigned char>(value);
    } else if constexpr (std::integral<T> && sizeof(T) <= sizeof(std::uint64_t)) {
      result.kind = std::is_signed_v<T> ? Kind::signed_number : Kind::number;
      result.number = static_cast<std::uint64_t>(value);
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
      result.kind = Kind::text;
      result.text = std::string_view(value);
    } else if constexpr (std::convertible_to<T, const void*>) {
      result.kind = Kind::pointer;
      result.number = reinterpret_cast<std::uintptr_t>(static_cast<const void*>(value));
    } else {
      result.kind = Kind::other;
      result.other = {&value,
                      [](std::string& out, std::string_view specification, const void* same_value) {
                        const std::string pattern = "{:" + std::string(specification) + "}";
                        fmt::vformat_to(std::back_inserter(out), pattern,
                                        fmt::make_format_args(*static_cast<const T*>(same_value)));
                      }};
    }
    return result;
  }

  Kind kind = Kind::number;
  union {
    std::uint64_t number = 0;  // all but text and other
    std::string_view text;
    Other other;
  };
};

namespace detail {

class Formatter;
using WriteField = void (*)(Formatter& formatter, std::string& out);
void write_plain_field(Formatter& formatter, std::string& out);  // {} or {0}
void write_field(Formatter& formatter, std::string& out);        // also {:>8}

constexpr WriteField field_writer(std::string_view pattern) noexcept {
  bool in_field = false;
  for (const char c : pattern) {
    if (c == '{' || c == '}') in_field = c == '{';
    if (c == ':' && in_field) return write_field;
  }
  return write_plain_field;
}

}  // namespace detail

// A pattern that was checked against its arguments.
struct CheckedPattern {
  std::string_view text;
  detail::WriteField write_field;
};

template <class... Args>
struct PatternFor : CheckedPattern {
  template <std::convertible_to<std::string_view> Text>
  consteval PatternFor(const Text& pattern)
      : CheckedPattern{pattern, detail::field_writer(pattern)} {
    static_cast<void>(fmt::format_string<Args...>(pattern));  // {fmt} checks it here
  }
};
// For parameters, so that the other arguments alone say what the pattern is for.
template <class... Args>
using Pattern = PatternFor<std::type_identity_t<Args>...>;

std::string format_arguments(const CheckedPattern& pattern,
                             std::span<const FormatArgument> arguments);

template <class... Args>
std::string format_text(Pattern<Args...> pattern, Args&&... args) {
  const std::array<FormatArgument, sizeof...(Args)> arguments{FormatArgument::of(args)...};
  return format_arguments(pattern, arguments);
}

}  // namespace sundog
