#include "sundog/io/ip_address.hpp"

#include <stdexcept>

#include "sundog/runtime/text/digits.hpp"
#include "sundog/runtime/text/join_text.hpp"

namespace sundog {
namespace {

char* print_text(char* to, std::string_view text) noexcept {
  return std::ranges::copy(text, to).out;
}

char* print_number(char* to, unsigned number, unsigned base) noexcept {
  std::array<char, 5> digits;
  char* const end = digits.data() + digits.size();
  return print_text(to, std::string_view(write_digits(end, number, base), end));
}

char* print_v4(char* to, std::span<const std::uint8_t> bytes) noexcept {
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    if (index > 0) *to++ = '.';
    to = print_number(to, bytes[index], 10);
  }
  return to;
}

struct Run {
  std::size_t first = 0;
  std::size_t length = 0;
};

// RFC 5952 section 4.2: the longest run of zero groups, the first of the longest; one group alone
// is written out.
Run longest_run_of_zeros(const std::array<unsigned, 8>& groups) noexcept {
  Run longest;
  Run current;
  for (std::size_t index = 0; index < groups.size(); ++index) {
    current = groups[index] == 0 ? Run(current.first, current.length + 1) : Run(index + 1, 0);
    if (current.length > longest.length) longest = current;
  }
  return longest.length >= 2 ? longest : Run();
}

char* print_v6(char* to, std::span<const std::uint8_t> bytes) noexcept {
  std::array<unsigned, 8> groups{};
  for (std::size_t index = 0; index < groups.size(); ++index) {
    groups[index] = static_cast<unsigned>(bytes[2 * index] << 8 | bytes[2 * index + 1]);
  }
  const Run gap = longest_run_of_zeros(groups);
  for (std::size_t index = 0; index < groups.size();) {
    if (gap.length > 0 && index == gap.first) {
      to = print_text(to, "::");
      index += gap.length;
      continue;
    }
    const bool after_group = index > 0 && (gap.length == 0 || index != gap.first + gap.length);
    if (after_group) *to++ = ':';
    to = print_number(to, groups[index], 16);
    ++index;
  }
  return to;
}

// What cannot be seen, or ends a text elsewhere, is written as a number.
std::string visible(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte != 0x7f) {
      result += c;
    } else {
      append_text(result, {"\\x", digits.substr(byte >> 4, 1), digits.substr(byte & 15, 1)});
    }
  }
  return result;
}

}  // namespace

char* IpAddress::print(char* to) const noexcept {
  if (is_v4()) return print_v4(to, bytes());
  if (is_v4_mapped()) {
    to = print_v4(print_text(to, "::ffff:"), bytes().last(4));
  } else {
    to = print_v6(to, bytes());
  }
  if (zone().empty()) return to;
  *to++ = '%';
  return print_text(to, zone());
}

std::string IpAddress::to_string() const {
  std::array<char, text_bytes_max> text;
  return std::string(text.data(), print(text.data()));
}

void detail::refuse_address(std::string_view text, std::string_view what, const char* why) {
  throw std::invalid_argument(join_text({"`", visible(text), "' is no ", what, ": ", why}));
}

}  // namespace sundog
