// Messages to the link: the ICMPv6 messages of neighbour discovery and of multicast listeners,
// which go no further than a device's own network, and are sent where there is no route yet.
#pragma once

#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/mac_address.hpp"
#include "sundog/io/net/interface/interface.hpp"

namespace sundog::net {

// Neighbour discovery's packets have passed no router: whatever came from further has a smaller
// one (RFC 4861 section 3.1).
inline constexpr std::uint8_t discovery_hop_limit = 255;

struct LinkAddressing {
  IpAddress source;
  IpAddress destination;
  // The destination's device, where it is known; else a group's, or it is found out.
  std::optional<MacAddress> target{};
  std::uint8_t hop_limit = discovery_hop_limit;
  // For listeners' messages (RFC 3810 section 5).
  bool router_alert = false;
};

// Sends a copy of the message, with its checksum. Where there is no room it is lost, as it might be
// on its way: whoever needs it sends it again.
void send_link_message(Interface& interface, const LinkAddressing& addressing,
                       Bytes message) noexcept;

}  // namespace sundog::net
