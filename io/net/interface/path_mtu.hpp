// PathMtus: how large a packet may be on its way to a destination, as routers have said (RFC 1191,
// RFC 8201). What is not here is as large as the interface takes.
#pragma once

#include <cstdint>
#include <vector>

#include "sundog/io/ip_address.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog::net {

class PathMtus {
 public:
  // The smaller of this and `interface_mtu`. An entry that is too old counts no more.
  std::uint32_t find(const IpAddress& destination, std::uint32_t interface_mtu,
                     TimePoint now) const noexcept;
  // A router says that no more than `mtu` bytes pass, where `current` was thought to. Gives whether
  // that is news: it never grows by what others say, and is no smaller than any path's must be.
  // When there are too many entries the oldest makes room.
  bool reduce(const IpAddress& destination, std::uint32_t mtu, std::uint32_t current,
              TimePoint now) noexcept;

  // Forgets what is too old; gives whether there was any.
  bool expire(TimePoint now) noexcept;
  // When the next one will be; never without entries.
  TimePoint next_expiry() const noexcept;

  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    IpAddress destination;
    std::uint32_t mtu = 0;
    TimePoint expires{};
  };

  std::vector<Entry> entries_;
};

}  // namespace sundog::net
