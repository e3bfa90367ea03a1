#include "sundog/io/net/ipv4/igmp.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/igmp.hpp"

namespace sundog::net {

Igmp::Igmp(Interface& interface, Ticks& ticks, RandomSource& random) noexcept
    : interface_(interface), reports_(ticks, random, *this) {}

void Igmp::changed(const IpAddress& group, bool wanted) {
  // All hosts are in this one, and nobody says so (RFC 3376 section 5).
  if (group == wire::all_hosts_group) return;
  if (wanted) {
    reports_.joined(group);
  } else {
    reports_.left(group);
  }
}

void Igmp::received(Bytes message) noexcept {
  if (const auto query = wire::parse_igmp_query(message)) reports_.queried(*query);
}

void Igmp::send(const IpAddress& destination, Bytes message) noexcept {
  constexpr std::size_t start = frame_header_bytes + wire::igmp_ip_header_bytes;
  TransmitBuffer frame = interface_.try_buffer(start + message.size());
  // Without room it is as if the network had lost it.
  if (!frame) return;
  const IpAddress* const source = interface_.source_for(destination);
  wire::write_igmp_ip_header(frame.bytes().subspan(frame_header_bytes),
                             source != nullptr ? *source : IpAddress::any_v4(), destination,
                             message.size());
  const MutableBytes copy = frame.bytes().subspan(start);
  std::ranges::copy(message, copy.begin());
  wire::write_u16(copy, wire::igmp_checksum_offset, 0);
  wire::write_u16(copy, wire::igmp_checksum_offset, wire::internet_checksum(copy));
  interface_.send(destination, true, std::move(frame), nullptr, PacketOffload());
}

void Igmp::report(wire::ListenerVersion version, std::span<const GroupRecord> records) noexcept {
  if (version == wire::ListenerVersion::third) {
    std::array<std::byte,
               wire::igmp_report_bytes + limits::groups_of_a_report * wire::igmp_record_bytes>
        message{};
    wire::write_igmp_report(message, records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      wire::write_igmp_record(message, i, records[i].record, records[i].group);
    }
    const std::size_t bytes = wire::igmp_report_bytes + records.size() * wire::igmp_record_bytes;
    return send(wire::igmp_reports_group, Bytes(message).first(bytes));
  }
  for (const GroupRecord& one : records) {
    const bool wanted = one.record != wire::ListenerRecord::not_wanted;
    // The first version has no farewell.
    if (!wanted && version == wire::ListenerVersion::first) continue;
    std::array<std::byte, wire::igmp_message_bytes> message{};
    wire::write_igmp_message(message, version, wanted, one.group);
    send(wanted ? one.group : wire::igmp_routers_group, message);
  }
}

}  // namespace sundog::net
