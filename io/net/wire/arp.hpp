// ARP for IPv4 over Ethernet (RFC 826): who has this address?
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/mac_address.hpp"

namespace sundog::net::wire {

inline constexpr std::size_t arp_bytes = 28;

struct Arp {
  enum class Operation : std::uint16_t { request = 1, reply = 2 };
  Operation operation = Operation::request;
  MacAddress sender_mac;
  // 0.0.0.0 in a probe (RFC 5227 section 1.1).
  IpAddress sender = IpAddress::any_v4();
  MacAddress target_mac;
  IpAddress target = IpAddress::any_v4();

  bool operator==(const Arp&) const = default;
};

// Nothing for other hardware, other protocols and other operations. What follows the message in
// its frame is padding.
std::optional<Arp> parse_arp(Bytes message) noexcept;
// Into the first arp_bytes bytes.
void write_arp(MutableBytes message, const Arp& arp) noexcept;

}  // namespace sundog::net::wire
