// GroupReports: when routers and switches are told which groups an interface is in, for MLD (RFC
// 3810 section 6) and IGMP (RFC 3376 section 5), which have the same rules. The formats and the
// sending are the user's.
//
// A change is reported at once, and again within a second. A query is answered after a time that is
// drawn below the time that it gives, for all groups together or the one that it names. While a
// router speaks an older version, so do we.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sundog/io/ip_address.hpp"
#include "sundog/io/net/interface/ticks.hpp"
#include "sundog/io/net/random_source.hpp"
#include "sundog/io/net/wire/listeners.hpp"

namespace sundog::net {

struct GroupRecord {
  IpAddress group;
  wire::ListenerRecord record = wire::ListenerRecord::wanted;
};

// Sends reports.
class ReportSender {
 public:
  // At most limits::groups_of_a_report of them. In an older version, each by itself, and not_wanted
  // only where that version has such a message.
  virtual void report(wire::ListenerVersion version,
                      std::span<const GroupRecord> records) noexcept = 0;

 protected:
  ~ReportSender() = default;
};

class GroupReports final : private Ticked {
 public:
  // All outlive it.
  GroupReports(Ticks& ticks, RandomSource& random, ReportSender& sender) noexcept;
  ~GroupReports();

  // Throws std::bad_alloc.
  void joined(const IpAddress& group);
  void left(const IpAddress& group) noexcept;
  // As if all were joined now: the link came up again.
  void report_all_again() noexcept;
  void queried(const wire::ListenerQuery& query) noexcept;

  wire::ListenerVersion version(TimePoint now) const noexcept;
  void tick(TimePoint now) noexcept override;

 private:
  struct Membership {
    IpAddress group;
    bool wanted = true;  // else it was left, and that is still to be said
    std::uint8_t changes_left = 0;
    TimePoint next_change = never;
    TimePoint answer_at = never;
  };

  Membership* find(const IpAddress& group) noexcept;
  void change(Membership& membership, bool wanted) noexcept;
  Duration below(Duration most) noexcept;
  // Fills in what is due by now, and gives how many records that are.
  std::size_t take_due(TimePoint now, std::span<GroupRecord> records) noexcept;

  Ticks& ticks_;
  RandomSource& random_;
  ReportSender& sender_;
  std::vector<Membership> memberships_;
  // Of an answer for all groups.
  TimePoint answer_all_at_ = never;
  TimePoint last_answer_ = TimePoint::min();
  TimePoint first_version_until_ = TimePoint::min();
  TimePoint second_version_until_ = TimePoint::min();
};

}  // namespace sundog::net
