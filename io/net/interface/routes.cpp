#include "sundog/io/net/interface/routes.hpp"

#include <algorithm>

namespace sundog::net {
namespace {

bool goes_before(const RouteEntry& one, const RouteEntry& other) noexcept {
  const unsigned length = one.destination.length_bits();
  const unsigned other_length = other.destination.length_bits();
  return length != other_length ? length > other_length : one.metric < other.metric;
}

}  // namespace

void RouteTable::add(const RouteEntry& entry) {
  if (std::ranges::find(entries_, entry) != entries_.end()) return;
  entries_.insert(std::ranges::upper_bound(entries_, entry, goes_before), entry);
}

void RouteTable::remove(const RouteEntry& entry) noexcept { std::erase(entries_, entry); }

const RouteEntry* RouteTable::find(const IpAddress& destination,
                                   InterfaceId interface) const noexcept {
  const IpAddress plain = destination.is_v6() ? destination.in_zone({}) : destination;
  for (const RouteEntry& entry : entries_) {
    if (interface != any_interface && entry.interface != interface) continue;
    if (entry.destination.contains(plain)) return &entry;
  }
  return nullptr;
}

}  // namespace sundog::net
