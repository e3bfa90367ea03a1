// Mld: tells routers and switches which IPv6 groups an interface is in (RFC 3810, RFC 2710), so
// that those who look into such messages let packets to these groups through: neighbour discovery
// needs that.
#pragma once

#include <span>

#include "sundog/io/net/interface/group_reports.hpp"
#include "sundog/io/net/interface/interface.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/wire/listeners.hpp"

namespace sundog::net {

class Mld final : private ReportSender {
 public:
  // All outlive it.
  Mld(Interface& interface, Ticks& ticks, RandomSource& random) noexcept;

  // The interface is in this group by now, or no longer. Throws std::bad_alloc for the former.
  void changed(const IpAddress& group, bool wanted);
  // The link came up.
  void link_up() noexcept { reports_.report_all_again(); }
  // A query that has come from no further than the link.
  void queried(const wire::ListenerQuery& query) noexcept { reports_.queried(query); }

 private:
  void report(wire::ListenerVersion version,
              std::span<const GroupRecord> records) noexcept override;

  Interface& interface_;
  GroupReports reports_;
};

}  // namespace sundog::net
