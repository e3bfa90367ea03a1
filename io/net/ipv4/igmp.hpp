// Igmp: tells routers and switches which IPv4 groups an interface is in (RFC 3376, RFC 2236).
#pragma once

#include <span>

#include "sundog/io/net/interface/group_reports.hpp"
#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/wire/listeners.hpp"

namespace sundog::net {

class Igmp final : private ReportSender {
 public:
  // All outlive it.
  Igmp(Interface& interface, Ticks& ticks, RandomSource& random) noexcept;

  // The interface is in this group by now, or no longer. Throws std::bad_alloc for the former.
  void changed(const IpAddress& group, bool wanted);
  // The link came up.
  void link_up() noexcept { reports_.report_all_again(); }
  // An IGMP message, whatever it is.
  void received(Bytes message) noexcept;

 private:
  void report(wire::ListenerVersion version,
              std::span<const GroupRecord> records) noexcept override;
  // A copy, with its checksum, in a packet for one hop.
  void send(const IpAddress& destination, Bytes message) noexcept;

  Interface& interface_;
  GroupReports reports_;
};

}  // namespace sundog::net
