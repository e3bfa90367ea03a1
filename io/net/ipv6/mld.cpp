#include "sundog/io/net/ipv6/mld.hpp"

#include <array>

#include "sundog/io/net/address_selection.hpp"
#include "sundog/io/net/ipv6/link_message.hpp"
#include "sundog/io/net/wire/mld.hpp"
#include "sundog/io/net/wire/neighbour_discovery.hpp"

namespace sundog::net {
namespace {

constexpr std::uint8_t listener_hop_limit = 1;

// All nodes are in the first, and nobody is told of groups of a machine's own (RFC 3810 section 6).
bool is_reported(const IpAddress& group) noexcept {
  return group != wire::all_nodes_group && scope_of(group) >= link_scope;
}

// From a link-local address; while there is none, from nobody: such reports are for the switches on
// the way (RFC 3590).
IpAddress source_of(const Interface& interface) noexcept {
  const IpAddress* const source = interface.source_for(wire::mld_reports_group);
  return source != nullptr && source->is_link_local() ? *source : IpAddress::any_v6();
}

}  // namespace

Mld::Mld(Interface& interface, Ticks& ticks, RandomSource& random) noexcept
    : interface_(interface), reports_(ticks, random, *this) {}

void Mld::changed(const IpAddress& group, bool wanted) {
  if (!is_reported(group)) return;
  if (wanted) {
    reports_.joined(group);
  } else {
    reports_.left(group);
  }
}

void Mld::report(wire::ListenerVersion version, std::span<const GroupRecord> records) noexcept {
  LinkAddressing addressing;
  addressing.source = source_of(interface_);
  addressing.hop_limit = listener_hop_limit;
  addressing.router_alert = true;
  if (version == wire::ListenerVersion::third) {
    std::array<std::byte,
               wire::mld_report_bytes + limits::groups_of_a_report * wire::mld_record_bytes>
        message{};
    wire::write_mld_report(message, records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      wire::write_mld_record(message, i, records[i].record, records[i].group);
    }
    addressing.destination = wire::mld_reports_group;
    const std::size_t bytes = wire::mld_report_bytes + records.size() * wire::mld_record_bytes;
    return send_link_message(interface_, addressing, Bytes(message).first(bytes));
  }
  for (const GroupRecord& one : records) {
    const bool wanted = one.record != wire::ListenerRecord::not_wanted;
    std::array<std::byte, wire::mld_message_bytes> message{};
    wire::write_mld_message(message, wanted, one.group);
    addressing.destination = wanted ? one.group : wire::all_routers_group;
    send_link_message(interface_, addressing, message);
  }
}

}  // namespace sundog::net
