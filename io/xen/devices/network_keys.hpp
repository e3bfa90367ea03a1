// What the two ends of a network device tell each other through xenstore (xen/io/netif.h), read and
// written in plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sundog/io/mac_address.hpp"

namespace sundog::xen {

// What a back end can do.
struct BackEndFeatures {
  bool copies = false;     // into posted pages; the other way is of the past
  bool gathers = false;    // frames from several pages
  bool segments4 = false;  // cuts large packets of TCP over IPv4, over IPv6
  bool segments6 = false;
  bool checksum4 = true;  // completes partial checksums, over IPv4, over IPv6
  bool checksum6 = false;
  bool split_channels = false;  // has an event channel for each direction
  bool groups = false;          // keeps a list of groups
  bool changes_groups = false;  // looks at request-multicast-control whenever it changes
};

// What a domain asks to be given.
struct NetworkOffer {
  bool checksums = false;  // partial ones
  bool segments4 = false;  // large ones of TCP over IPv4, over IPv6
  bool segments6 = false;
  bool only_groups = false;  // no frames to groups that were not asked for

  bool operator==(const NetworkOffer&) const = default;
};

// Keys that are not there are empty. "1" is yes; anything that is no number but 0 is no.
bool is_yes(std::string_view value) noexcept;
// The toolstack's address of the device, which must be one device's; nothing for another text.
std::optional<MacAddress> parse_vif_mac(std::string_view value) noexcept;
// The largest payload of a frame: what the toolstack says, as far as a device can have that (RFC
// 791 demands 68 bytes), or Ethernet's own.
std::size_t parse_vif_mtu(std::string_view value, bool gathers) noexcept;
// Whether the back end has a link. One that says nothing has.
bool parse_carrier(std::string_view value) noexcept;

}  // namespace sundog::xen
