#include "sundog/io/net/wire/mld.hpp"

#include <chrono>

#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/icmp6.hpp"

namespace sundog::net::wire {
namespace {

using std::chrono::milliseconds;

constexpr unsigned mantissa_bits = 12;

unsigned in_milliseconds(Duration time) noexcept {
  return static_cast<unsigned>(time / Duration(milliseconds(1)));
}

}  // namespace

std::optional<ListenerQuery> parse_mld_query(Bytes message) noexcept {
  const bool is_first = message.size() == mld_message_bytes;
  if (!is_first && message.size() < mld_query_bytes) return std::nullopt;
  const std::uint32_t code = read_u16(message, 4);
  ListenerQuery query;
  query.version = is_first ? ListenerVersion::second : ListenerVersion::third;
  query.group = read_v6(message, 8);
  query.within = milliseconds(is_first ? code : response_units<mantissa_bits>(code));
  return query;
}

void write_mld_query(MutableBytes message, const ListenerQuery& query) noexcept {
  write_icmp6(message, {Icmp6Type::listener_query, 0, 0});
  write_u16(message, 4, in_milliseconds(query.within));
  write_address(message, 8, query.group);
  if (query.version == ListenerVersion::third) write_u32(message, mld_message_bytes, 0);
}

void write_mld_message(MutableBytes message, bool wanted, const IpAddress& group) noexcept {
  write_icmp6(message, {wanted ? Icmp6Type::listener_report : Icmp6Type::listener_done, 0, 0});
  write_address(message, 8, group);
}

void write_mld_report(MutableBytes message, std::size_t records) noexcept {
  write_icmp6(message, {Icmp6Type::listener_report_2, 0, static_cast<std::uint32_t>(records)});
}

void write_mld_record(MutableBytes message, std::size_t n, ListenerRecord record,
                      const IpAddress& group) noexcept {
  const std::size_t at = mld_report_bytes + n * mld_record_bytes;
  write_u8(message, at, static_cast<unsigned>(record));
  write_u8(message, at + 1, 0);
  write_u16(message, at + 2, 0);
  write_address(message, at + 4, group);
}

}  // namespace sundog::net::wire
