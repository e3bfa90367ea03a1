// Prefix: an IP address and how many of its leading bits are its network's (CIDR, RFC 4632; RFC
// 4291 section 2.3).
//
//   constexpr Prefix lan = Prefix::parse("192.0.2.7/24");
//   constexpr Prefix documentation = Prefix::parse("2001:db8::/32");
//
// It keeps the whole address, as configurations give a machine's own address together with its
// network; network() has the other bits cleared.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sundog/io/ip_address.hpp"
#include "sundog/runtime/language/assert.hpp"

namespace sundog {

class Prefix {
 public:
  // ::/0
  constexpr Prefix() noexcept = default;
  // At most 32 bits of an IPv4 address, 128 of an IPv6 one.
  constexpr Prefix(const IpAddress& address, unsigned length_bits)
      : address_(address), length_bits_(static_cast<std::uint8_t>(length_bits)) {
    SUNDOG_ASSERT(length_bits <= 8 * address.bytes().size(),
                  "a prefix is not longer than its address");
  }

  // Throws std::invalid_argument, which quotes the text and says what is wrong with it.
  static constexpr Prefix parse(std::string_view text);
  // The same, without saying why.
  static constexpr std::optional<Prefix> try_parse(std::string_view text) noexcept;

  // The whole address, and how many of its bits, from the left, are the network's: 0 to 32 or 128.
  constexpr const IpAddress& address() const noexcept { return address_; }
  constexpr unsigned length_bits() const noexcept { return length_bits_; }

  // The first address of the network: 192.0.2.0
  constexpr IpAddress network() const noexcept { return with_other_bits(false); }
  // The last one, to which an IPv4 network's broadcasts go: 192.0.2.255
  constexpr IpAddress last() const noexcept { return with_other_bits(true); }
  // Whether an address of the same family, and of the same zone if this has one, is in the network.
  constexpr bool contains(const IpAddress& address) const noexcept {
    if (address.family() != address_.family()) return false;
    if (!address_.zone().empty() && address.zone() != address_.zone()) return false;
    return Prefix(address, length_bits_).network().in_zone({}) == network().in_zone({});
  }

  // As parse() reads it.
  std::string to_string() const;

  friend constexpr auto operator<=>(const Prefix&, const Prefix&) noexcept = default;

 private:
  // The address with the bits that are not the network's all 0 or all 1.
  constexpr IpAddress with_other_bits(bool set) const noexcept {
    std::array<std::uint8_t, 16> bytes{};
    std::ranges::copy(address_.bytes(), bytes.begin());
    for (std::size_t index = 0; index < address_.bytes().size(); ++index) {
      const unsigned before = static_cast<unsigned>(8 * index);
      const unsigned network_bits =
          std::min(length_bits_ > before ? length_bits_ - before : 0u, 8u);
      const unsigned others = 0xffu >> network_bits;
      bytes[index] = static_cast<std::uint8_t>((bytes[index] & ~others) | (set ? others : 0u));
    }
    if (address_.is_v4()) return IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
    return IpAddress::v6(bytes).in_zone(address_.zone());
  }

  IpAddress address_;
  std::uint8_t length_bits_ = 0;
};

namespace detail {

// Null when all is well, else what is wrong: the end of a sentence.
constexpr const char* read_prefix(std::string_view text, Prefix& prefix) noexcept {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return "its length is missing, as in 192.0.2.0/24";
  IpAddress address;
  if (const char* why = read_ip_address(text.substr(0, slash), address)) return why;
  const auto length =
      whole_number(text.substr(slash + 1), static_cast<unsigned>(8 * address.bytes().size()));
  if (!length) return "its length must be a number from 0 to 32, or to 128 for IPv6";
  prefix = Prefix(address, *length);
  return nullptr;
}

}  // namespace detail

constexpr Prefix Prefix::parse(std::string_view text) {
  Prefix prefix;
  if (const char* why = detail::read_prefix(text, prefix)) {
    detail::refuse_address(text, "prefix", why);
  }
  return prefix;
}

constexpr std::optional<Prefix> Prefix::try_parse(std::string_view text) noexcept {
  Prefix prefix;
  return detail::read_prefix(text, prefix) == nullptr ? std::optional(prefix) : std::nullopt;
}

}  // namespace sundog
