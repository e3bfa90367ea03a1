#include "sundog/io/net/ipv6/opaque_identifier.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "sundog/io/crypto/sha256.hpp"

namespace sundog::net {
namespace {

constexpr std::size_t network_bytes = 8;
constexpr std::size_t identifier_bytes = 8;
using Identifier = std::array<std::uint8_t, identifier_bytes>;

// RFC 5453: the routers of a network, 128 anycast groups, and what IANA has for Ethernet.
bool is_reserved(const Identifier& identifier) noexcept {
  constexpr Identifier routers{};
  constexpr std::array<std::uint8_t, 7> anycast = {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  constexpr std::uint8_t anycast_last = 0x80;
  constexpr std::array<std::uint8_t, 5> ethernet = {0x02, 0x00, 0x5e, 0xff, 0xfe};
  if (identifier == routers) return true;
  if (std::ranges::equal(ethernet, std::span(identifier).first(ethernet.size()))) return true;
  return std::ranges::equal(anycast, std::span(identifier).first(anycast.size())) &&
         identifier.back() >= anycast_last;
}

// F(Prefix, Net_Iface, DAD_Counter, secret_key), with the secret first: nobody knows the hash's
// state that the others are added to, and its end is cut off.
Identifier identifier_of(const Prefix& network, MacAddress device, std::uint32_t attempt,
                         const Ipv6Settings::Secret& secret) noexcept {
  Sha256 hash;
  hash.add(secret);
  const IpAddress address = network.network();
  hash.add(std::as_bytes(address.bytes().first(network_bytes)));
  hash.add(std::as_bytes(std::span(device.octets())));
  std::array<std::byte, sizeof attempt> number{};
  for (std::size_t i = 0; i < number.size(); ++i) {
    number[i] = static_cast<std::byte>(attempt >> 8 * i);
  }
  hash.add(number);
  const auto digest = hash.finish();
  Identifier identifier{};
  for (std::size_t i = 0; i < identifier.size(); ++i) {
    identifier[i] = std::to_integer<std::uint8_t>(digest.bytes()[i]);
  }
  return identifier;
}

}  // namespace

IpAddress opaque_address(const Prefix& network, MacAddress device, std::uint32_t attempt,
                         const Ipv6Settings::Secret& secret) noexcept {
  // The next attempts' numbers are far from those of machines that had a conflict.
  constexpr std::uint32_t reserved_step = 1000;
  Identifier identifier = identifier_of(network, device, attempt, secret);
  while (is_reserved(identifier)) {
    attempt += reserved_step;
    identifier = identifier_of(network, device, attempt, secret);
  }
  std::array<std::uint8_t, network_bytes + identifier_bytes> bytes{};
  const IpAddress address = network.network();
  std::ranges::copy(address.bytes().first(network_bytes), bytes.begin());
  std::ranges::copy(identifier, bytes.begin() + network_bytes);
  return IpAddress::v6(bytes);
}

}  // namespace sundog::net
