#include "sundog/io/net/interface/group_reports.hpp"

#include <algorithm>
#include <array>

#include "sundog/io/net/limits.hpp"

namespace sundog::net {

using wire::ListenerRecord;
using wire::ListenerVersion;

GroupReports::GroupReports(Ticks& ticks, RandomSource& random, ReportSender& sender) noexcept
    : ticks_(ticks), random_(random), sender_(sender) {
  ticks_.add(*this);
}
GroupReports::~GroupReports() { ticks_.remove(*this); }

GroupReports::Membership* GroupReports::find(const IpAddress& group) noexcept {
  const auto found = std::ranges::find(memberships_, group, &Membership::group);
  return found == memberships_.end() ? nullptr : &*found;
}

Duration GroupReports::below(Duration most) noexcept {
  constexpr std::uint32_t steps = 1000;
  return most / steps * random_.below(steps);
}

void GroupReports::change(Membership& membership, bool wanted) noexcept {
  membership.wanted = wanted;
  membership.changes_left = limits::group_reports;
  membership.next_change = ticks_.now();
  membership.answer_at = never;
  ticks_.tick_at(membership.next_change);
}

void GroupReports::joined(const IpAddress& group) {
  Membership* known = find(group);
  if (known == nullptr) {
    Membership fresh;
    fresh.group = group;
    memberships_.push_back(fresh);
    known = &memberships_.back();
  }
  change(*known, true);
}

void GroupReports::left(const IpAddress& group) noexcept {
  if (Membership* const known = find(group)) change(*known, false);
}

void GroupReports::report_all_again() noexcept {
  for (Membership& one : memberships_) change(one, one.wanted);
}

ListenerVersion GroupReports::version(TimePoint now) const noexcept {
  if (now < first_version_until_) return ListenerVersion::first;
  return now < second_version_until_ ? ListenerVersion::second : ListenerVersion::third;
}

void GroupReports::queried(const wire::ListenerQuery& query) noexcept {
  const TimePoint now = ticks_.now();
  if (query.version == ListenerVersion::first) {
    first_version_until_ = now + limits::older_querier_present;
  } else if (query.version == ListenerVersion::second) {
    second_version_until_ = now + limits::older_querier_present;
  }
  // An answer that is to come sooner is one to this query too (RFC 3810 section 6.2).
  TimePoint answer = now + below(query.within);
  if (last_answer_ != TimePoint::min()) {
    answer = std::max(answer, last_answer_ + limits::group_answers_apart);
  }
  TimePoint* due = &answer_all_at_;
  if (!query.group.is_any()) {
    Membership* const known = find(query.group);
    if (known == nullptr || !known->wanted) return;
    due = &known->answer_at;
  }
  *due = std::min(*due, answer);
  ticks_.tick_at(*due);
}

std::size_t GroupReports::take_due(TimePoint now, std::span<GroupRecord> records) noexcept {
  std::size_t count = 0;
  for (Membership& one : memberships_) {
    if (count == records.size()) break;
    if (one.next_change <= now) {
      records[count++] = {one.group,
                          one.wanted ? ListenerRecord::wanted_by_now : ListenerRecord::not_wanted};
      --one.changes_left;
      one.next_change =
          one.changes_left == 0 ? never : now + below(limits::group_reports_apart) + Duration(1);
      // Which is an answer as well.
      one.answer_at = never;
    } else if (one.answer_at <= now) {
      if (one.wanted) records[count++] = {one.group, ListenerRecord::wanted};
      one.answer_at = never;
      last_answer_ = now;
    }
  }
  return count;
}

void GroupReports::tick(TimePoint now) noexcept {
  if (answer_all_at_ <= now) {
    answer_all_at_ = never;
    for (Membership& one : memberships_) one.answer_at = now;
  }
  std::array<GroupRecord, limits::groups_of_a_report> records;
  for (std::size_t count = records.size(); count == records.size();) {
    count = take_due(now, records);
    if (count != 0) sender_.report(version(now), std::span(records).first(count));
  }
  std::erase_if(memberships_,
                [](const Membership& one) { return !one.wanted && one.changes_left == 0; });
  TimePoint next = answer_all_at_;
  for (const Membership& one : memberships_) {
    next = std::min({next, one.next_change, one.answer_at});
  }
  if (next != never) ticks_.tick_at(next);
}

}  // namespace sundog::net
