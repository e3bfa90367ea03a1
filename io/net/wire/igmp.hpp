// The Internet group management protocol of IPv4: IGMPv3 (RFC 3376 section 4) and IGMPv2 (RFC 2236
// section 2). Messages carry a checksum of their own; writers leave it to IP as for ICMP.
#pragma once

#include <cstddef>
#include <optional>

#include "sundog/io/flow.hpp"
#include "sundog/io/net/wire/listeners.hpp"

namespace sundog::net::wire {

// Of the first two versions: queries, reports and farewells.
inline constexpr std::size_t igmp_message_bytes = 8;
// Of the third: a query without sources; a report without records, and each of its records.
inline constexpr std::size_t igmp_query_bytes = 12;
inline constexpr std::size_t igmp_report_bytes = 8;
inline constexpr std::size_t igmp_record_bytes = 8;
inline constexpr std::uint16_t igmp_checksum_offset = 2;

// Queries go to all hosts, reports of the third version to all who collect them, farewells of the
// second to all routers.
inline constexpr IpAddress all_hosts_group = IpAddress::parse("224.0.0.1");
inline constexpr IpAddress igmp_reports_group = IpAddress::parse("224.0.0.22");
inline constexpr IpAddress igmp_routers_group = IpAddress::parse("224.0.0.2");

// Nothing for other messages, and lengths that no query has.
std::optional<ListenerQuery> parse_igmp_query(Bytes message) noexcept;
// Into the first igmp_message_bytes or igmp_query_bytes, by its version. At most 12.7 seconds.
void write_igmp_query(MutableBytes message, const ListenerQuery& query) noexcept;
// The second version's report that the group is wanted, or that it no longer is; or the first's.
void write_igmp_message(MutableBytes message, ListenerVersion version, bool wanted,
                        const IpAddress& group) noexcept;
// The third version's report: its head, then its n-th record.
void write_igmp_report(MutableBytes message, std::size_t records) noexcept;
void write_igmp_record(MutableBytes message, std::size_t n, ListenerRecord record,
                       const IpAddress& group) noexcept;

// The header of the IPv4 packets that messages are in: with a router alert (RFC 2113), for one hop.
inline constexpr std::size_t igmp_ip_header_bytes = 24;
void write_igmp_ip_header(MutableBytes packet, const IpAddress& source,
                          const IpAddress& destination, std::size_t message_bytes) noexcept;

}  // namespace sundog::net::wire
