// Multicast listener discovery: MLDv2 (RFC 3810 section 5) and MLDv1 (RFC 2710 section 3), which
// are ICMPv6 messages. Writers leave the checksum 0.
#pragma once

#include <cstddef>
#include <optional>

#include "sundog/io/flow.hpp"
#include "sundog/io/net/wire/listeners.hpp"

namespace sundog::net::wire {

// Of the first version: queries, reports and farewells.
inline constexpr std::size_t mld_message_bytes = 24;
// Of the second: a query without sources; a report without records, and each of its records.
inline constexpr std::size_t mld_query_bytes = 28;
inline constexpr std::size_t mld_report_bytes = 8;
inline constexpr std::size_t mld_record_bytes = 20;

// Where all hosts' reports of the second version go.
inline constexpr IpAddress mld_reports_group = IpAddress::parse("ff02::16");

// By its length, of the second or the third ListenerVersion; nothing if no query is as long.
std::optional<ListenerQuery> parse_mld_query(Bytes message) noexcept;
// Into the first mld_message_bytes or mld_query_bytes, by its version. At most 65 seconds for the
// first, 32 for the second.
void write_mld_query(MutableBytes message, const ListenerQuery& query) noexcept;
// The first version's report that the group is wanted, or that it no longer is.
void write_mld_message(MutableBytes message, bool wanted, const IpAddress& group) noexcept;
// The second version's report: its head, then its n-th record.
void write_mld_report(MutableBytes message, std::size_t records) noexcept;
void write_mld_record(MutableBytes message, std::size_t n, ListenerRecord record,
                      const IpAddress& group) noexcept;

}  // namespace sundog::net::wire
