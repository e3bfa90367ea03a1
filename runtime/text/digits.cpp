#include "sundog/runtime/text/digits.hpp"

namespace sundog {

char* write_digits(char* end, std::uint64_t value, unsigned base) noexcept {
  do {
    *--end = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  return end;
}

std::optional<std::uint64_t> take_number(std::string_view& text) noexcept {
  std::uint64_t value = 0;
  std::size_t count = 0;
  for (; count < text.size() && text[count] >= '0' && text[count] <= '9'; ++count) {
    const auto digit = static_cast<std::uint64_t>(text[count] - '0');
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value)) {
      return std::nullopt;
    }
  }
  if (count == 0) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

Decimal::Decimal(std::uint64_t value, bool negative) noexcept {
  char* const end = text_.data() + text_.size();
  char* start = write_digits(end, negative ? 0 - value : value, 10);
  if (negative) *--start = '-';
  start_ = static_cast<std::size_t>(start - text_.data());
}

}  // namespace sundog
