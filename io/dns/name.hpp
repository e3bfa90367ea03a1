// Name: a domain name, complete to the root, as it stands in a message without compression: labels
// with their lengths before them, and the root's zero at the end (RFC 1035 section 3.1).
//
//   const auto name = Name::try_parse("www.example.org.");      // a dot at the end changes nothing
//
// A plain value of 256 bytes that allocates nothing. Labels may hold any bytes. Capital and small
// letters of ASCII are equal (RFC 4343) and kept as they came. As text, what is not a visible
// character is written \DDD, and a dot or a backslash inside a label \. and \\ (RFC 1035 section
// 5.1).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sundog/io/flow.hpp"

namespace sundog::dns {

// RFC 1035 section 2.3.4; a name's limit counts the lengths and the root's zero.
inline constexpr std::size_t label_bytes_max = 63;
inline constexpr std::size_t name_bytes_max = 255;
// Of one byte each.
inline constexpr std::size_t label_count_max = 127;

// ASCII only: other bytes stay as they are (RFC 4343).
constexpr std::uint8_t small_letter(std::uint8_t byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte - 'A' + 'a') : byte;
}

class Name {
 public:
  // Each byte as \DDD, and a dot for each label.
  static constexpr std::size_t text_bytes_max = 4 * name_bytes_max;

  // The root.
  constexpr Name() noexcept = default;

  // As people write it, with escapes; "." is the root. Nothing for an empty text, an empty label,
  // a label or a name that is too long, an escape that is none. White space and control characters
  // need their escapes.
  static std::optional<Name> try_parse(std::string_view text) noexcept;

  // Appends a label of 1 to 63 bytes, in front of the root: a name is built from left to right.
  // False, and the name as it was, if that does not fit.
  [[nodiscard]] bool append(std::span<const std::uint8_t> label) noexcept;

  // The name as in a message. Valid as long as the name.
  std::span<const std::uint8_t> wire() const noexcept { return std::span(wire_).first(size_); }
  Bytes bytes() const noexcept { return std::as_bytes(wire()); }
  bool is_root() const noexcept { return size_ == 1; }
  // Without the root: 3 of www.example.org.
  std::size_t label_count() const noexcept;
  // Without its first label; the root's parent is the root.
  Name parent() const noexcept;
  // Whether this is `ancestor`, or below it.
  bool is_within(const Name& ancestor) const noexcept;
  // The same name in small letters: the form of keys, and of DNSSEC (RFC 4034 section 6.2).
  Name in_small_letters() const noexcept;
  // Letters whose bit is set in `capitals`, one after the other and around again, become capital,
  // the others small ("0x20").
  void mix_case(std::span<const std::uint8_t> capitals) noexcept;
  // Equal byte for byte, letters' case included.
  bool is_spelled_as(const Name& other) const noexcept;

  // As try_parse() reads it, with a dot at the end.
  std::string to_string() const;
  // The same without an allocation: writes at most text_bytes_max characters, and gives the end.
  char* print(char* to) const noexcept;

  // Letters' case does not count.
  friend bool operator==(const Name& a, const Name& b) noexcept;
  // DNSSEC's canonical order: by label from the right (RFC 4034 section 6.1).
  friend std::weak_ordering operator<=>(const Name& a, const Name& b) noexcept;

 private:
  std::array<std::uint8_t, name_bytes_max> wire_{};
  std::uint8_t size_ = 1;
};

}  // namespace sundog::dns
