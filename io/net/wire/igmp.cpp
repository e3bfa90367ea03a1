#include "sundog/io/net/wire/igmp.hpp"

#include <chrono>

#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/ipv4.hpp"

namespace sundog::net::wire {
namespace {

constexpr unsigned type_query = 0x11;
constexpr unsigned type_report_1 = 0x12;
constexpr unsigned type_report_2 = 0x16;
constexpr unsigned type_leave = 0x17;
constexpr unsigned type_report_3 = 0x22;

constexpr Duration unit = std::chrono::milliseconds(100);
// An IGMPv1 router does not say it (RFC 2236 section 4).
constexpr std::uint32_t units_of_first = 100;
constexpr unsigned mantissa_bits = 4;

constexpr unsigned protocol_igmp = 2;
constexpr unsigned internetwork_control = 0xc0;  // the precedence that RFC 3376 section 4 asks for
constexpr std::uint32_t router_alert = 0x94040000;
constexpr std::size_t plain_header_bytes = 20;

void write_head(MutableBytes message, unsigned type, unsigned code) noexcept {
  write_u8(message, 0, type);
  write_u8(message, 1, code);
  write_u16(message, igmp_checksum_offset, 0);
}

}  // namespace

std::optional<ListenerQuery> parse_igmp_query(Bytes message) noexcept {
  const bool is_old = message.size() == igmp_message_bytes;
  if ((!is_old && message.size() < igmp_query_bytes) || read_u8(message, 0) != type_query) {
    return std::nullopt;
  }
  const std::uint32_t code = read_u8(message, 1);
  ListenerQuery query;
  query.group = read_v4(message, 4);
  if (!is_old) {
    query.within = unit * response_units<mantissa_bits>(code);
  } else if (code == 0) {
    query.version = ListenerVersion::first;
    query.within = unit * units_of_first;
  } else {
    query.version = ListenerVersion::second;
    query.within = unit * code;
  }
  return query;
}

void write_igmp_query(MutableBytes message, const ListenerQuery& query) noexcept {
  const bool is_first = query.version == ListenerVersion::first;
  write_head(message, type_query, is_first ? 0 : static_cast<unsigned>(query.within / unit));
  write_address(message, 4, query.group);
  if (query.version == ListenerVersion::third) write_u32(message, igmp_message_bytes, 0);
}

void write_igmp_message(MutableBytes message, ListenerVersion version, bool wanted,
                        const IpAddress& group) noexcept {
  const unsigned report = version == ListenerVersion::first ? type_report_1 : type_report_2;
  write_head(message, wanted ? report : type_leave, 0);
  write_address(message, 4, group);
}

void write_igmp_report(MutableBytes message, std::size_t records) noexcept {
  write_head(message, type_report_3, 0);
  write_u32(message, 4, static_cast<std::uint32_t>(records));
}

void write_igmp_record(MutableBytes message, std::size_t n, ListenerRecord record,
                       const IpAddress& group) noexcept {
  const std::size_t at = igmp_report_bytes + n * igmp_record_bytes;
  write_u8(message, at, static_cast<unsigned>(record));
  write_u8(message, at + 1, 0);
  write_u16(message, at + 2, 0);
  write_address(message, at + 4, group);
}

void write_igmp_ip_header(MutableBytes packet, const IpAddress& source,
                          const IpAddress& destination, std::size_t message_bytes) noexcept {
  Ipv4Header header;
  header.traffic_class = internetwork_control;
  header.total_bytes = static_cast<std::uint16_t>(igmp_ip_header_bytes + message_bytes);
  header.hop_limit = 1;
  header.protocol = protocol_igmp;
  header.source = source;
  header.destination = destination;
  write_ipv4(packet, header);
  write_u8(packet, 0, 4 << 4 | igmp_ip_header_bytes / 4);
  write_u32(packet, plain_header_bytes, router_alert);
  write_u16(packet, 10, 0);
  write_u16(packet, 10, internet_checksum(packet.first(igmp_ip_header_bytes)));
}

}  // namespace sundog::net::wire
