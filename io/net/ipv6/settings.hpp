// Ipv6Settings: what an interface does by itself about its IPv6 addresses.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sundog::net {

struct Ipv6Settings {
  // From which the addresses are made that the machine gives itself (RFC 7217 section 5).
  using Secret = std::array<std::byte, 32>;

  // It has a link-local address, and looks for routers. Without, it has the addresses that it is
  // given, and routers are not listened to.
  bool enabled = true;
  // It makes itself an address of each network that a router says is for that ("SLAAC", RFC 4862).
  bool autoconfigure = true;
  // How often it asks whether another machine has an address, before it is used. 0: not at all,
  // addresses are used at once (RFC 4862 section 5.1, DupAddrDetectTransmits).
  std::uint8_t duplicate_probes = 1;
  // A machine that is to have the same addresses after a restart keeps it; nobody else may know it.
  // Nothing: one is drawn.
  std::optional<Secret> secret{};
};

}  // namespace sundog::net
