// RouteTable: which way packets go, by the longest prefix of their destination.
#pragma once

#include <cstdint>
#include <vector>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/net/ip.hpp"
#include "sundog/io/prefix.hpp"

namespace sundog::net {

struct RouteEntry {
  // 0.0.0.0/0 and ::/0 are the default routes.
  Prefix destination;
  // Who takes the packets; any (0.0.0.0, ::) where the destinations are neighbours themselves.
  IpAddress gateway;
  InterfaceId interface = any_interface;
  // Of two routes as long, the one with the smaller number is taken.
  std::uint32_t metric = 0;

  bool operator==(const RouteEntry&) const = default;
};

// There are few: it is searched from one end to the other.
class RouteTable {
 public:
  // One that is there already changes nothing. Throws std::bad_alloc.
  void add(const RouteEntry& entry);
  // Does nothing if it is not there.
  void remove(const RouteEntry& entry) noexcept;
  // The best one that leaves by this interface, or by any of them; null if there is none. Valid
  // until the table changes.
  const RouteEntry* find(const IpAddress& destination, InterfaceId interface) const noexcept;

  const std::vector<RouteEntry>& entries() const noexcept { return entries_; }

 private:
  // The longest prefix first, then by metric.
  std::vector<RouteEntry> entries_;
};

}  // namespace sundog::net
