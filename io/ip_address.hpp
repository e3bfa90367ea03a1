// IpAddress: an IPv4 or IPv6 address, a plain value that knows no operating system. Host sockets,
// our own stack and the simulator all use it.
//
//   constexpr IpAddress server = IpAddress::parse("2001:db8::17");
//   constexpr IpAddress router = IpAddress::parse("192.0.2.1");
//   constexpr IpAddress neighbour = IpAddress::parse("fe80::1%eth0");
//
// It is read strictly, and to the end of the text: four decimal numbers without leading zeros, or
// the forms of RFC 4291 section 2.2. It is printed as RFC 5952 says: small letters, the longest run
// of zeros as "::", IPv4-mapped addresses with dots.
//
// An IPv6 address that means something on one link only (fe80::/10, ff01::/16, ff02::/16) may have
// a zone, which says on which (RFC 4007 section 11): a name or a number of this machine's own. It
// is kept as text, since only who sends something knows the links; so "%eth0", "%2" and "%02"
// differ here even where they are the same link. "fe80::1" without a zone is a fourth one. For any
// other address a zone is refused, as it would say nothing: global addresses, "::" (RFC 4007
// section 11), IPv4-mapped ones, and "::1", for which getaddrinfo(3) takes no name of a zone
// either, and which the kernel looks for on its loopback link whatever the zone says.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sundog {

class IpAddress {
 public:
  // IPv4 or IPv6.
  enum class Family : std::uint8_t { v4, v6 };

  // As long as the name of a network interface on Linux.
  static constexpr std::size_t zone_bytes_max = 15;
  // Eight groups of four digits, a percent sign and the zone.
  static constexpr std::size_t text_bytes_max = 8 * 4 + 7 + 1 + zone_bytes_max;

  // "::", which stands for all addresses of a machine.
  constexpr IpAddress() noexcept = default;

  // Throws std::invalid_argument, which quotes the text and says what is wrong with it. In a
  // constant expression, a malformed text does not compile.
  static constexpr IpAddress parse(std::string_view text);
  // The same, without saying why.
  static constexpr std::optional<IpAddress> try_parse(std::string_view text) noexcept;

  // In the order in which they are written, and sent: v4({192, 0, 2, 1}).
  static constexpr IpAddress v4(std::array<std::uint8_t, 4> bytes) noexcept {
    IpAddress address;
    address.family_ = Family::v4;
    std::ranges::copy(bytes, address.bytes_.begin());
    return address;
  }
  static constexpr IpAddress v6(std::array<std::uint8_t, 16> bytes) noexcept {
    IpAddress address;
    address.bytes_ = bytes;
    return address;
  }
  // 0.0.0.0, :: and 127.0.0.1, ::1
  static constexpr IpAddress any_v4() noexcept { return v4({}); }
  static constexpr IpAddress any_v6() noexcept { return v6({}); }
  static constexpr IpAddress loopback_v4() noexcept { return v4({127, 0, 0, 1}); }
  static constexpr IpAddress loopback_v6() noexcept {
    return v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  }

  // Which of the two it is. An IPv4-mapped IPv6 address is v6.
  constexpr Family family() const noexcept { return family_; }
  constexpr bool is_v4() const noexcept { return family_ == Family::v4; }
  constexpr bool is_v6() const noexcept { return family_ == Family::v6; }
  // 4 or 16 of them.
  constexpr std::span<const std::uint8_t> bytes() const noexcept {
    return std::span(bytes_).first(is_v4() ? 4 : 16);
  }

  // Empty for most. Valid as long as the address.
  constexpr std::string_view zone() const noexcept {
    return {zone_.data(), static_cast<std::size_t>(std::ranges::find(zone_, '\0') - zone_.begin())};
  }
  // Whether a zone may be written so: 1 to 15 visible ASCII characters other than % / : [ ]
  static constexpr bool is_zone(std::string_view text) noexcept;
  // The same address in another zone, one that is_zone() takes; or in none if that is empty, or the
  // address has no use for it.
  constexpr IpAddress in_zone(std::string_view zone) const noexcept {
    IpAddress address = *this;
    address.zone_ = {};
    if (!may_have_zone()) return address;
    std::ranges::copy(zone.substr(0, zone_bytes_max), address.zone_.begin());
    return address;
  }

  // Stands for all addresses of a machine: 0.0.0.0 and ::
  constexpr bool is_any() const noexcept {
    return std::ranges::all_of(bytes(), [](std::uint8_t byte) { return byte == 0; });
  }
  // 127.0.0.0/8 and ::1
  constexpr bool is_loopback() const noexcept {
    return is_v4() ? bytes_[0] == 127 : bytes_ == loopback_v6().bytes_;
  }
  // 169.254.0.0/16 (RFC 3927) and fe80::/10
  constexpr bool is_link_local() const noexcept {
    return is_v4() ? bytes_[0] == 169 && bytes_[1] == 254
                   : bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
  }
  // It means something on one link only, so that a zone says on which: fe80::/10, and multicast of
  // scope 1 and 2 (RFC 4291 section 2.7).
  constexpr bool may_have_zone() const noexcept {
    if (is_v4()) return false;
    const unsigned scope = bytes_[1] & 15;
    return is_multicast() ? scope == 1 || scope == 2 : is_link_local();
  }
  // 224.0.0.0/4 and ff00::/8
  constexpr bool is_multicast() const noexcept {
    return is_v4() ? (bytes_[0] & 0xf0) == 0xe0 : bytes_[0] == 0xff;
  }
  // ::ffff:0:0/96: how a socket that takes both families shows an IPv4 address (RFC 4291 section
  // 2.5.5.2).
  constexpr bool is_v4_mapped() const noexcept {
    return is_v6() && std::ranges::equal(std::span(bytes_).first(12), mapped_beginning);
  }
  // The IPv4 address in an IPv4-mapped one; any other address unchanged.
  constexpr IpAddress unmapped() const noexcept {
    if (!is_v4_mapped()) return *this;
    return v4({bytes_[12], bytes_[13], bytes_[14], bytes_[15]});
  }
  // ... and the other way round, an IPv6 address unchanged.
  constexpr IpAddress mapped() const noexcept {
    if (is_v6()) return *this;
    IpAddress address;
    std::ranges::copy(mapped_beginning, address.bytes_.begin());
    std::ranges::copy(bytes(), address.bytes_.begin() + 12);
    return address;
  }

  // As parse() reads it.
  std::string to_string() const;
  // The same without an allocation: writes at most text_bytes_max characters, and gives the end.
  char* print(char* to) const noexcept;

  // By family, then by number, then by zone.
  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) noexcept = default;

 private:
  static constexpr std::array<std::uint8_t, 12> mapped_beginning = {0, 0, 0, 0, 0,    0,
                                                                    0, 0, 0, 0, 0xff, 0xff};

  Family family_ = Family::v6;
  // An IPv4 address has the first four; the others are 0.
  std::array<std::uint8_t, 16> bytes_{};
  // Filled up with zeros.
  std::array<char, zone_bytes_max> zone_{};
};

namespace detail {

// "`TEXT' is no WHAT: WHY"
[[noreturn]] void refuse_address(std::string_view text, std::string_view what, const char* why);

constexpr std::optional<unsigned> digit_of(char c, unsigned base) noexcept {
  unsigned value = base;
  if (c >= '0' && c <= '9') value = static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') value = static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') value = static_cast<unsigned>(c - 'A') + 10;
  return value < base ? std::optional(value) : std::nullopt;
}

// Takes a number of 1 to `digits_max` digits off the beginning of `text`.
constexpr std::optional<unsigned> take_digits(std::string_view& text, unsigned base,
                                              std::size_t digits_max) noexcept {
  unsigned number = 0;
  std::size_t count = 0;
  for (; count < text.size() && count < digits_max; ++count) {
    const auto digit = digit_of(text[count], base);
    if (!digit) break;
    number = number * base + *digit;
  }
  text.remove_prefix(count);
  return count == 0 ? std::nullopt : std::optional(number);
}

// The whole text as a decimal number up to `most`, without leading zeros.
constexpr std::optional<unsigned> whole_number(std::string_view text, unsigned most) noexcept {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  const auto number = take_digits(text, 10, 5);
  return number && text.empty() && *number <= most ? number : std::nullopt;
}

// "192.0.2.1", all of the text.
constexpr bool read_v4(std::string_view text, std::span<std::uint8_t, 4> bytes) noexcept {
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    const bool is_last = index + 1 == bytes.size();
    const std::size_t end = is_last ? text.size() : text.find('.');
    if (end == std::string_view::npos) return false;
    const auto number = whole_number(text.substr(0, end), 255);
    if (!number) return false;
    bytes[index] = static_cast<std::uint8_t>(*number);
    text.remove_prefix(is_last ? end : end + 1);
  }
  return true;
}

// Reads groups until the text or the room ends; the last two may be written as an IPv4 address.
// Gives how many bytes they are, or nothing when something else stands there.
constexpr std::optional<std::size_t> read_groups(std::string_view text,
                                                 std::span<std::uint8_t> bytes) noexcept {
  std::size_t size = 0;
  while (!text.empty()) {
    if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
      if (bytes.size() - size < 4 || !read_v4(text, bytes.subspan(size).first<4>())) return {};
      return size + 4;
    }
    const auto group = take_digits(text, 16, 4);
    if (!group || size == bytes.size()) return {};
    bytes[size++] = static_cast<std::uint8_t>(*group >> 8);
    bytes[size++] = static_cast<std::uint8_t>(*group);
    if (text.empty()) break;
    if (text.front() != ':' || text.size() == 1) return {};
    text.remove_prefix(1);
  }
  return size;
}

// "2001:db8::17", all of the text.
constexpr bool read_v6(std::string_view text, std::array<std::uint8_t, 16>& bytes) noexcept {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return read_groups(text, bytes) == bytes.size();
  // Groups in front of the gap and behind it, which stands for one group at least. An IPv4 address
  // comes last.
  const std::string_view first_groups = text.substr(0, gap);
  std::array<std::uint8_t, 14> behind{};
  const auto first = read_groups(first_groups, std::span(bytes).first<14>());
  const auto last = read_groups(text.substr(gap + 2), behind);
  if (!first || !last || *first + *last > behind.size()) return false;
  if (first_groups.find('.') != std::string_view::npos) return false;
  std::ranges::copy(std::span(behind).first(*last),
                    bytes.end() - static_cast<std::ptrdiff_t>(*last));
  return true;
}

// Null when all is well, else what is wrong: the end of a sentence.
constexpr const char* read_ip_address(std::string_view text, IpAddress& address) noexcept {
  const std::size_t percent = text.find('%');
  const std::string_view number = text.substr(0, percent);
  if (number.find(':') == std::string_view::npos) {
    std::array<std::uint8_t, 4> bytes{};
    if (!read_v4(number, bytes)) {
      return "neither an IPv4 address, as in 192.0.2.1, nor an IPv6 address, as in 2001:db8::1";
    }
    if (percent != std::string_view::npos) return "only an IPv6 address has a zone";
    address = IpAddress::v4(bytes);
    return nullptr;
  }
  std::array<std::uint8_t, 16> bytes{};
  if (!read_v6(number, bytes)) {
    return "an IPv6 address is eight groups of up to four hexadecimal digits, or fewer and one ::";
  }
  address = IpAddress::v6(bytes);
  if (percent == std::string_view::npos) return nullptr;
  if (!address.may_have_zone()) {
    return "only an address of one link has a zone, as in fe80::1%eth0; leave out the %";
  }
  const std::string_view zone = text.substr(percent + 1);
  if (!IpAddress::is_zone(zone)) {
    return "a zone is a link's name or number, of 1 to 15 characters, as in fe80::1%eth0";
  }
  address = address.in_zone(zone);
  return nullptr;
}

}  // namespace detail

constexpr bool IpAddress::is_zone(std::string_view text) noexcept {
  return !text.empty() && text.size() <= zone_bytes_max && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c <= '~' && std::string_view("%/:[]").find(c) == std::string_view::npos;
  });
}

constexpr IpAddress IpAddress::parse(std::string_view text) {
  IpAddress address;
  if (const char* why = detail::read_ip_address(text, address)) {
    detail::refuse_address(text, "IP address", why);
  }
  return address;
}

constexpr std::optional<IpAddress> IpAddress::try_parse(std::string_view text) noexcept {
  IpAddress address;
  return detail::read_ip_address(text, address) == nullptr ? std::optional(address) : std::nullopt;
}

}  // namespace sundog
