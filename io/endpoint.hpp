// Endpoint: where one end of a conversation is: an IP address and a port, of TCP or UDP.
//
//   constexpr Endpoint here = Endpoint::parse("127.0.0.1:80");
//   constexpr Endpoint resolver = Endpoint::parse("[2001:db8::17]:53");
//   constexpr Endpoint neighbour = Endpoint::parse("[fe80::1%eth0]:53");
//
// It is read strictly: an address in numbers (ip_address.hpp), an IPv6 one in brackets (RFC 3986
// section 3.2.2, RFC 4007 section 11.8), a colon, and a port from 0 to 65535. Names are not looked
// up here: that is a Resolver's business (resolver.hpp).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sundog/io/ip_address.hpp"

namespace sundog {

class Endpoint {
 public:
  // Two brackets, a colon and a port more than an address.
  static constexpr std::size_t text_bytes_max = IpAddress::text_bytes_max + 3 + 5;

  // [::]:0
  constexpr Endpoint() noexcept = default;
  constexpr Endpoint(const IpAddress& address, std::uint16_t port) noexcept
      : address_(address), port_(port) {}

  // Throws std::invalid_argument, which quotes the text and says what is wrong with it. In a
  // constant expression, a malformed text does not compile.
  static constexpr Endpoint parse(std::string_view text);
  // The same, without saying why.
  static constexpr std::optional<Endpoint> try_parse(std::string_view text) noexcept;

  // All of this machine's addresses, IPv6 and with it IPv4: [::]:port
  static constexpr Endpoint any(std::uint16_t port) noexcept { return {IpAddress::any_v6(), port}; }
  // Only from this machine: 127.0.0.1:port
  static constexpr Endpoint loopback(std::uint16_t port) noexcept {
    return {IpAddress::loopback_v4(), port};
  }

  constexpr const IpAddress& address() const noexcept { return address_; }
  constexpr std::uint16_t port() const noexcept { return port_; }
  // The same address with another port.
  constexpr Endpoint at_port(std::uint16_t port) const noexcept { return {address_, port}; }

  // As parse() reads it.
  std::string to_string() const;
  // The same without an allocation: writes at most text_bytes_max characters, and gives the end.
  char* print(char* to) const noexcept;

  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) noexcept = default;

 private:
  IpAddress address_;
  std::uint16_t port_ = 0;
};

namespace detail {

// Null when all is well, else what is wrong: the end of a sentence.
constexpr const char* read_endpoint(std::string_view text, Endpoint& endpoint) noexcept {
  const std::size_t colon = text.rfind(':');
  // The last colon of "[::1]" is one of the address.
  if (colon == std::string_view::npos || text.ends_with(']')) {
    return "a port is missing, as in 127.0.0.1:80";
  }
  std::string_view host = text.substr(0, colon);
  const bool in_brackets = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (in_brackets) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return "an IPv6 address needs brackets, as in [::1]:80";
  }
  IpAddress address;
  if (const char* why = read_ip_address(host, address)) return why;
  if (in_brackets && address.is_v4()) return "an IPv4 address has no brackets";
  const auto port = whole_number(text.substr(colon + 1), 65535);
  if (!port) return "the port must be a number from 0 to 65535";
  endpoint = Endpoint(address, static_cast<std::uint16_t>(*port));
  return nullptr;
}

}  // namespace detail

constexpr Endpoint Endpoint::parse(std::string_view text) {
  Endpoint endpoint;
  if (const char* why = detail::read_endpoint(text, endpoint)) {
    detail::refuse_address(text, "address", why);
  }
  return endpoint;
}

constexpr std::optional<Endpoint> Endpoint::try_parse(std::string_view text) noexcept {
  Endpoint endpoint;
  return detail::read_endpoint(text, endpoint) == nullptr ? std::optional(endpoint) : std::nullopt;
}

}  // namespace sundog
