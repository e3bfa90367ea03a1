// Whole numbers as text and back, for messages and for what people type.
//
//   const std::string text = join_text({"waits for ", Decimal(seconds), " s"});
//
// The library's to_string and from_chars are faster, but instantiated for each type of number,
// which costs 1.5 KB of an image for Xen.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sundog {

// Writes the digits of `value`, in a base up to 16, so that they end at `end`; gives their
// beginning.
char* write_digits(char* end, std::uint64_t value, unsigned base) noexcept;

// Takes a decimal number without sign off the beginning of the text. Nothing, and the text as it
// was, if it begins with no digit or the number has more than 64 bits.
std::optional<std::uint64_t> take_number(std::string_view& text) noexcept;

// The text of a number, as long as this lives: in a call's arguments, to the end of the call.
class Decimal {
 public:
  template <std::integral T>
  explicit Decimal(T value) noexcept : Decimal(static_cast<std::uint64_t>(value), value < 0) {}

  operator std::string_view() const noexcept { return {&text_[start_], text_.size() - start_}; }

 private:
  Decimal(std::uint64_t value, bool negative) noexcept;

  std::array<char, 20> text_;  // "-9223372036854775808" and the largest without sign
  std::size_t start_;
};

}  // namespace sundog
