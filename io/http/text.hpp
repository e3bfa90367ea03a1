// The small words of HTTP's grammar (RFC 9110 section 5.6): character classes, case-insensitive
// names, optional white space, comma lists and numbers. Pure, bounded, independent of the C
// library's locale.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sundog::http {

namespace character {
inline constexpr std::uint8_t token = 1;        // tchar: method and field names
inline constexpr std::uint8_t field_value = 2;  // VCHAR, obs-text, SP, HTAB
inline constexpr std::uint8_t target = 4;       // VCHAR but '#': what stands in a request target
inline constexpr std::uint8_t digit = 8;
inline constexpr std::uint8_t hex_digit = 16;
inline constexpr std::uint8_t reg_name = 32;    // a host name: unreserved, sub-delims, '%'
inline constexpr std::uint8_t entity_tag = 64;  // etagc

// For each byte, the classes that it is in.
constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool is_digit = c >= '0' && c <= '9';
    const bool visible = c > 0x20 && c < 0x7f;
    const auto in = [c](std::string_view set) {
      return c < 0x80 && set.find(static_cast<char>(c)) != set.npos;
    };
    unsigned bits = 0;
    if (alpha || is_digit || in("!#$%&'*+-.^_`|~")) bits |= token;
    if (visible || c >= 0x80 || c == ' ' || c == '\t') bits |= field_value;
    if (visible && c != '#') bits |= target;
    if (is_digit) bits |= digit;
    if (is_digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) bits |= hex_digit;
    if (alpha || is_digit || in("-._~%!$&'()*+,;=")) bits |= reg_name;
    if ((visible && c != '"') || c >= 0x80) bits |= entity_tag;
    classes[c] = static_cast<std::uint8_t>(bits);
  }
  return classes;
}
inline constexpr auto classes = make_classes();
}  // namespace character

// Whether the character is in this class, or in one of several that are or-ed.
constexpr bool is(char c, std::uint8_t character_class) {
  return (character::classes[static_cast<unsigned char>(c)] & character_class) != 0;
}

// Whether every character is of the class; true of the empty text.
constexpr bool all_are(std::string_view text, std::uint8_t character_class) {
  for (const char c : text) {
    if (!is(c, character_class)) return false;
  }
  return true;
}

// RFC 9110 section 5.6.2.
constexpr bool is_token(std::string_view text) {
  return !text.empty() && all_are(text, character::token);
}

// ASCII only; other bytes stay as they are.
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// ASCII letters without regard to case, as field names and most protocol words are compared.
constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

// Without optional white space (SP and HTAB) at both ends.
constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// 1*DIGIT. Nothing for anything else; `saturated` (UINT64_MAX) for a number that is too large, so
// that the caller sees "very large" and never a number that wrapped around.
constexpr std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || !all_are(text, character::digit)) return std::nullopt;
  constexpr std::uint64_t saturated = UINT64_MAX;
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto next = static_cast<std::uint64_t>(c - '0');
    if (value > (saturated - next) / 10) return saturated;
    value = value * 10 + next;
  }
  return value;
}

// A hexadecimal digit's value; the character must be of class hex_digit.
constexpr unsigned hex_value(char c) {
  return is(c, character::digit) ? static_cast<unsigned>(c - '0')
                                 : static_cast<unsigned>(to_lower(c) - 'a') + 10;
}

// The elements of a comma list, trimmed, empty ones left out (RFC 9110 section 5.6.1). Commas
// within quoted strings do not separate. Use: `for (auto list = ListElements(value); auto element =
// list.next();)`.
class ListElements {
 public:
  explicit constexpr ListElements(std::string_view list) : rest_(list) {}

  // The next element, without white space at its ends; nothing at the end of the list.
  constexpr std::optional<std::string_view> next() {
    while (!rest_.empty()) {
      bool quoted = false;
      std::size_t end = 0;
      for (; end < rest_.size() && (quoted || rest_[end] != ','); ++end) {
        if (rest_[end] == '"') quoted = !quoted;
        if (quoted && rest_[end] == '\\' && end + 1 < rest_.size()) ++end;
      }
      const auto element = trimmed(rest_.substr(0, end));
      rest_.remove_prefix(end < rest_.size() ? end + 1 : end);
      if (!element.empty()) return element;
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

}  // namespace sundog::http
