// Entity tags (RFC 9110 section 8.8.3): `"abc"` names exactly these bytes, `W/"abc"` something
// equivalent.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "sundog/io/digest.hpp"
#include "sundog/io/http/text.hpp"

namespace sundog::http {

// W/"..."
constexpr bool is_weak(std::string_view tag) { return tag.starts_with("W/"); }

// Whether it is one as a whole, quotes included (RFC 9110 section 8.8.3).
constexpr bool is_entity_tag(std::string_view tag) {
  if (is_weak(tag)) tag.remove_prefix(2);
  return tag.size() >= 2 && tag.front() == '"' && tag.back() == '"' &&
         all_are(tag.substr(1, tag.size() - 2), character::entity_tag);
}

// Strong comparison: the same bytes.
constexpr bool strongly_equal(std::string_view a, std::string_view b) {
  return a == b && !is_weak(a) && is_entity_tag(a);
}

// Weak comparison: weakness is disregarded.
constexpr bool weakly_equal(std::string_view a, std::string_view b) {
  if (is_weak(a)) a.remove_prefix(2);
  if (is_weak(b)) b.remove_prefix(2);
  return a == b && is_entity_tag(a);
}

// The strong tag of contents with this digest: its bytes in hexadecimal, quoted. Of an empty digest
// there is none.
class EntityTag {
 public:
  constexpr explicit EntityTag(const Digest& digest) {
    if (digest.empty()) return;
    constexpr std::string_view digits = "0123456789abcdef";
    text_[size_++] = '"';
    for (const std::byte byte : digest.bytes()) {
      text_[size_++] = digits[std::to_integer<std::size_t>(byte >> 4)];
      text_[size_++] = digits[std::to_integer<std::size_t>(byte & std::byte{0xf})];
    }
    text_[size_++] = '"';
  }

  // Makes it a weak one of contents that are made from these: W/"...SUFFIX". `suffix` has at most
  // suffix_bytes_max characters of class entity_tag.
  constexpr void weaken(std::string_view suffix) {
    if (size_ == 0) return;
    for (std::size_t i = size_; i-- > 0;) text_[i + 2] = text_[i];
    text_[0] = 'W';
    text_[1] = '/';
    size_ += 1;  // in place of the quote at the end
    for (const char c : suffix) text_[size_++] = c;
    text_[size_++] = '"';
  }
  static constexpr std::size_t suffix_bytes_max = 8;

  // With its quotes; empty where there is none. As long as this.
  constexpr std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 2 * Digest::bytes_max + 4 + suffix_bytes_max> text_{};
  std::size_t size_ = 0;
};

}  // namespace sundog::http
