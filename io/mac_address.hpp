// MacAddress: the address of a device on an Ethernet, six octets (IEEE 802). A plain value.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sundog {

class MacAddress {
 public:
  // Octets of an address.
  static constexpr std::size_t size_bytes = 6;

  // 00:00:00:00:00:00, which no device has.
  constexpr MacAddress() = default;
  constexpr explicit MacAddress(std::array<std::uint8_t, size_bytes> octets) : octets_(octets) {}

  // ff:ff:ff:ff:ff:ff, everybody on the link.
  static constexpr MacAddress broadcast() noexcept {
    return MacAddress({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  }
  // "00:16:3e:12:34:56", the octets separated all by ':' or all by '-', in either case; nothing for
  // another text.
  static constexpr std::optional<MacAddress> parse(std::string_view text) noexcept {
    constexpr std::size_t text_size = 3 * size_bytes - 1;
    if (text.size() != text_size || (text[2] != ':' && text[2] != '-')) return std::nullopt;
    MacAddress address;
    for (std::size_t i = 0; i < size_bytes; ++i) {
      if (i != 0 && text[3 * i - 1] != text[2]) return std::nullopt;
      const int high = digit_value(text[3 * i]);
      const int low = digit_value(text[3 * i + 1]);
      if (high < 0 || low < 0) return std::nullopt;
      address.octets_[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return address;
  }

  // In the order in which they are sent.
  constexpr const std::array<std::uint8_t, size_bytes>& octets() const noexcept { return octets_; }
  // For all, or for those who have joined the group; else for one device.
  constexpr bool is_multicast() const noexcept { return (octets_[0] & 0x01) != 0; }
  // Chosen on the spot, not bought with the device.
  constexpr bool is_local() const noexcept { return (octets_[0] & 0x02) != 0; }
  constexpr auto operator<=>(const MacAddress&) const = default;

  // "00:16:3e:12:34:56"
  std::string to_string() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t octet : octets_) {
      if (!text.empty()) text += ':';
      text += digits[octet >> 4];
      text += digits[octet & 0xf];
    }
    return text;
  }

 private:
  static constexpr int digit_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    const char lower = static_cast<char>(digit | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  std::array<std::uint8_t, size_bytes> octets_{};
};

}  // namespace sundog
