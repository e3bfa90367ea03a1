#include "sundog/io/net/interface/path_mtu.hpp"

#include <algorithm>
#include <new>

#include "sundog/io/net/limits.hpp"

namespace sundog::net {

std::uint32_t PathMtus::find(const IpAddress& destination, std::uint32_t interface_mtu,
                             TimePoint now) const noexcept {
  const auto found = std::ranges::find(entries_, destination, &Entry::destination);
  if (found == entries_.end() || found->expires <= now) return interface_mtu;
  return std::min(found->mtu, interface_mtu);
}

bool PathMtus::reduce(const IpAddress& destination, std::uint32_t mtu, std::uint32_t current,
                      TimePoint now) noexcept {
  const std::uint32_t least =
      destination.is_v4() ? limits::path_mtu_min_v4 : limits::path_mtu_min_v6;
  const std::uint32_t believed = std::max(mtu, least);
  if (believed >= current) return false;
  auto place = std::ranges::find(entries_, destination, &Entry::destination);
  if (place == entries_.end() && entries_.size() == limits::path_mtus) {
    place = std::ranges::min_element(entries_, {}, &Entry::expires);
  }
  const Entry entry{destination, believed, now + limits::path_mtu_lifetime};
  if (place != entries_.end()) {
    *place = entry;
    return true;
  }
  try {
    entries_.push_back(entry);
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

bool PathMtus::expire(TimePoint now) noexcept {
  return std::erase_if(entries_, [&](const Entry& entry) { return entry.expires <= now; }) != 0;
}

TimePoint PathMtus::next_expiry() const noexcept {
  TimePoint next = never;
  for (const Entry& entry : entries_) next = std::min(next, entry.expires);
  return next;
}

}  // namespace sundog::net
