// format_text(): text from a pattern and values, as {fmt} writes it.
//
//   format_text("{} of {:>8}", name, count)
//
// Patterns are {fmt}'s, and {fmt} checks them against their arguments when the program is compiled.
// What runs is smaller. Whole numbers, characters, booleans, pointers and text are written here;
// another type (a floating-point number, one with a fmt::formatter) brings {fmt}'s own code, and
// only into programs that print one. The reason is images for Xen, which carry all they use: {fmt}
// whole, which decides what to write by looking at the type while it runs, is 46 KB of them.
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
      result.value = &value;
      result.write = [](std::string& out, std::string_view specification, const void* other) {
        const std::string pattern = "{:" + std::string(specification) + "}";
        fmt::vformat_to(std::back_inserter(out), pattern,
                        fmt::make_format_args(*static_cast<const T*>(other)));
      };
    }
    return result;
  }

  Kind kind = Kind::number;
  std::uint64_t number = 0;  // all but text and other
  std::string_view text;
  const void* value = nullptr;
  Write write = nullptr;
};

// The pattern must have been checked against the arguments: see format_text.
std::string format_arguments(std::string_view pattern, std::span<const FormatArgument> arguments);

// A checked pattern as plain text.
template <class... Args>
std::string_view pattern_text(const fmt::format_string<Args...>& pattern) noexcept {
  const fmt::string_view text = pattern;
  return {text.data(), text.size()};
}

template <class... Args>
std::string format_text(fmt::format_string<Args...> pattern, Args&&... args) {
  const std::array<FormatArgument, sizeof...(Args)> arguments{FormatArgument::of(args)...};
  return format_arguments(pattern_text<Args...>(pattern), arguments);
}

}  // namespace sundog
