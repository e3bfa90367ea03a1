#include "sundog/io/dns/name.hpp"

#include <algorithm>

namespace sundog::dns {
namespace {

// Where each label of a name begins, without the root.
struct LabelStarts {
  explicit LabelStarts(std::span<const std::uint8_t> wire) noexcept {
    for (std::size_t at = 0; wire[at] != 0; at += 1u + wire[at]) {
      starts[count++] = static_cast<std::uint8_t>(at);
    }
  }
  std::array<std::uint8_t, label_count_max> starts;
  std::size_t count = 0;
};

std::span<const std::uint8_t> label_at(std::span<const std::uint8_t> wire,
                                       std::size_t start) noexcept {
  return wire.subspan(start + 1, wire[start]);
}

std::weak_ordering compare_labels(std::span<const std::uint8_t> a,
                                  std::span<const std::uint8_t> b) noexcept {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto order = small_letter(a[i]) <=> small_letter(b[i]);
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

// A length byte is below 64 and no letter, so that names may be compared byte for byte.
bool equal_in_any_case(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) noexcept {
  return std::ranges::equal(
      a, b, [](std::uint8_t x, std::uint8_t y) { return small_letter(x) == small_letter(y); });
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Takes one byte of a label off the text, which is not empty: a character, \C or \DDD. A negative
// number: this is none.
int take_byte(std::string_view& text) noexcept {
  const char first = text.front();
  text.remove_prefix(1);
  if (first != '\\') {
    const auto byte = static_cast<unsigned char>(first);
    return byte > ' ' && byte != 0x7f ? byte : -1;
  }
  if (text.empty()) return -1;
  if (!is_digit(text[0])) {
    const auto byte = static_cast<unsigned char>(text[0]);
    text.remove_prefix(1);
    return byte >= ' ' && byte != 0x7f ? byte : -1;
  }
  if (text.size() < 3 || !is_digit(text[1]) || !is_digit(text[2])) return -1;
  const int number = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  text.remove_prefix(3);
  return number <= 255 ? number : -1;
}

}  // namespace

std::optional<Name> Name::try_parse(std::string_view text) noexcept {
  Name name;
  if (text == ".") return name;
  if (text.empty()) return std::nullopt;
  std::array<std::uint8_t, label_bytes_max> label;
  while (!text.empty()) {
    std::size_t size = 0;
    while (!text.empty() && text.front() != '.') {
      const int byte = take_byte(text);
      if (byte < 0 || size == label.size()) return std::nullopt;
      label[size++] = static_cast<std::uint8_t>(byte);
    }
    if (!name.append(std::span(label).first(size))) return std::nullopt;
    if (!text.empty()) text.remove_prefix(1);  // the dot
  }
  return name;
}

bool Name::append(std::span<const std::uint8_t> label) noexcept {
  if (label.empty() || label.size() > label_bytes_max) return false;
  if (size_ + 1 + label.size() > name_bytes_max) return false;
  wire_[size_ - 1u] = static_cast<std::uint8_t>(label.size());
  std::ranges::copy(label, wire_.begin() + size_);
  size_ = static_cast<std::uint8_t>(size_ + 1 + label.size());
  wire_[size_ - 1u] = 0;
  return true;
}

std::size_t Name::label_count() const noexcept { return LabelStarts(wire()).count; }

Name Name::parent() const noexcept {
  Name above;
  const std::size_t skipped = is_root() ? 0 : 1u + wire_[0];
  std::ranges::copy(wire().subspan(skipped), above.wire_.begin());
  above.size_ = static_cast<std::uint8_t>(size_ - skipped);
  return above;
}

bool Name::is_within(const Name& ancestor) const noexcept {
  if (ancestor.size_ > size_) return false;
  const std::size_t start = size_ - ancestor.size_;
  // The tail must begin where a label does, and not in the middle of one.
  std::size_t at = 0;
  while (at < start) at += 1u + wire_[at];
  return at == start && equal_in_any_case(wire().subspan(start), ancestor.wire());
}

Name Name::in_small_letters() const noexcept {
  Name small = *this;
  for (std::size_t i = 0; i < size_; ++i) small.wire_[i] = small_letter(wire_[i]);
  return small;
}

void Name::mix_case(std::span<const std::uint8_t> capitals) noexcept {
  std::size_t letter = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    const std::uint8_t small = small_letter(wire_[i]);
    if (small < 'a' || small > 'z') continue;
    const bool is_capital = (capitals[letter / 8 % capitals.size()] >> (letter % 8) & 1) != 0;
    wire_[i] = is_capital ? static_cast<std::uint8_t>(small - 'a' + 'A') : small;
    ++letter;
  }
}

bool Name::is_spelled_as(const Name& other) const noexcept {
  return std::ranges::equal(wire(), other.wire());
}

char* Name::print(char* to) const noexcept {
  if (is_root()) *to++ = '.';
  for (std::size_t at = 0; wire_[at] != 0; at += 1u + wire_[at]) {
    for (const std::uint8_t byte : label_at(wire(), at)) {
      if (byte <= ' ' || byte >= 0x7f) {
        *to++ = '\\';
        *to++ = static_cast<char>('0' + byte / 100);
        *to++ = static_cast<char>('0' + byte / 10 % 10);
        *to++ = static_cast<char>('0' + byte % 10);
        continue;
      }
      // The others are special in zone files (RFC 1035 section 5.1).
      constexpr std::string_view escaped = ".\\\"();@$";
      if (escaped.find(static_cast<char>(byte)) != std::string_view::npos) *to++ = '\\';
      *to++ = static_cast<char>(byte);
    }
    *to++ = '.';
  }
  return to;
}

std::string Name::to_string() const {
  std::array<char, text_bytes_max> text;
  return std::string(text.data(), print(text.data()));
}

bool operator==(const Name& a, const Name& b) noexcept {
  return equal_in_any_case(a.wire(), b.wire());
}

std::weak_ordering operator<=>(const Name& a, const Name& b) noexcept {
  const LabelStarts in_a(a.wire());
  const LabelStarts in_b(b.wire());
  const std::size_t common = std::min(in_a.count, in_b.count);
  for (std::size_t i = 1; i <= common; ++i) {
    const auto order = compare_labels(label_at(a.wire(), in_a.starts[in_a.count - i]),
                                      label_at(b.wire(), in_b.starts[in_b.count - i]));
    if (order != 0) return order;
  }
  return in_a.count <=> in_b.count;
}

}  // namespace sundog::dns
