// Ethernet II: the header of a frame (IEEE 802.3 section 3), and the group addresses that stand for
// those of IP.
#pragma once

#include <cstdint>
#include <optional>

#include "sundog/io/flow.hpp"
#include "sundog/io/ip_address.hpp"
#include "sundog/io/mac_address.hpp"
#include "sundog/io/network.hpp"

namespace sundog::net::wire {

// What a frame holds (IANA, "IEEE 802 Numbers"). Numbers below 0x600 are lengths: such frames are
// not IP's.
enum class EtherType : std::uint16_t { ipv4 = 0x0800, arp = 0x0806, ipv6 = 0x86dd };

struct EthernetHeader {
  MacAddress target;
  MacAddress source;
  EtherType type = EtherType::ipv4;

  bool operator==(const EthernetHeader&) const = default;
};

// Nothing if the frame is shorter than a header.
std::optional<EthernetHeader> parse_ethernet(Bytes frame) noexcept;
// Into the first frame_header_bytes bytes.
void write_ethernet(MutableBytes frame, const EthernetHeader& header) noexcept;

// Where frames to an IP multicast group go (RFC 1112 section 6.4, RFC 2464 section 7).
MacAddress group_mac(const IpAddress& group) noexcept;

}  // namespace sundog::net::wire
