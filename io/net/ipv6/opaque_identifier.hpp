// The host's part of an IPv6 address that a machine makes itself (RFC 7217): always the same in one
// network, another in each, and nobody learns from it what the device is or where the machine was.
#pragma once

#include <cstdint>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/mac_address.hpp"
#include "sundog/io/net/ipv6/settings.hpp"
#include "sundog/io/prefix.hpp"

namespace sundog::net {

// What stands for the host: so many bits (RFC 4291 section 2.5.1).
inline constexpr unsigned interface_identifier_bits = 64;

// The address in a network of 64 bits. `attempt` is another number when another machine had the
// address (DAD_Counter). Reserved identifiers (RFC 5453) are passed over.
IpAddress opaque_address(const Prefix& network, MacAddress device, std::uint32_t attempt,
                         const Ipv6Settings::Secret& secret) noexcept;

}  // namespace sundog::net
