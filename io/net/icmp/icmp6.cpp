#include "sundog/io/net/icmp/icmp6.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sundog/io/net/limits.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/ipv6.hpp"
#include "sundog/io/net/wire/ipv6_extensions.hpp"

namespace sundog::net {
namespace {

// Of a packet that is quoted: as much as passes everywhere (RFC 4443 section 2.4 c).
constexpr std::size_t quoted_bytes_max =
    limits::path_mtu_min_v6 - ipv6_header_bytes - wire::icmp6_header_bytes;
// Of a transport's header that an error must quote at least.
constexpr std::size_t quoted_transport_bytes = 8;

Sending as_icmp() noexcept {
  Sending sending;
  sending.protocol = ProtocolNumber::icmp6;
  sending.checksum_offset = wire::icmp6_checksum_offset;
  return sending;
}

// From the address that the packet was for, if it is one machine's, by the interface that it came
// by.
RouteQuery way_back(const Received& what) noexcept {
  RouteQuery query{.destination = what.source, .interface = what.interface};
  if (!what.destination.is_multicast()) query.source = what.destination;
  return query;
}

std::optional<ErrorReport::Kind> kind_of(const wire::Icmp6Header& header) noexcept {
  using Kind = ErrorReport::Kind;
  switch (header.type) {
    case wire::Icmp6Type::packet_too_big:
      return Kind::packet_too_big;
    case wire::Icmp6Type::time_exceeded:
      return Kind::time_exceeded;
    case wire::Icmp6Type::parameter_problem:
      return header.code == static_cast<unsigned>(wire::Icmp6Problem::next_header)
                 ? Kind::protocol_unreachable
                 : Kind::header_not_taken;
    case wire::Icmp6Type::unreachable: {
      // By code, from 0 on (section 3.1).
      constexpr std::array kinds = {Kind::network_unreachable, Kind::prohibited,
                                    Kind::host_unreachable,    Kind::host_unreachable,
                                    Kind::port_unreachable,    Kind::prohibited,
                                    Kind::prohibited};
      if (header.code < kinds.size()) return kinds[header.code];
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

bool is_link_message(wire::Icmp6Type type) noexcept {
  using wire::Icmp6Type;
  return (type >= Icmp6Type::listener_query && type <= Icmp6Type::redirect) ||
         type == Icmp6Type::listener_report_2;
}

// Where an ICMPv6 message begins behind headers of any kind, whatever is wrong with them; nothing
// where it is something else, or not the beginning of it.
std::optional<std::size_t> find_icmp6(Bytes packet) noexcept {
  constexpr std::size_t unit = 8;
  std::uint8_t protocol = wire::parse_quoted_ipv6(packet)->next_header;
  std::size_t start = ipv6_header_bytes;
  while (protocol != static_cast<std::uint8_t>(ProtocolNumber::icmp6)) {
    const auto kind = static_cast<wire::NextHeader>(protocol);
    if (kind != wire::NextHeader::hop_by_hop && kind != wire::NextHeader::routing &&
        kind != wire::NextHeader::destination_options && kind != wire::NextHeader::fragment) {
      return std::nullopt;
    }
    if (packet.size() < start + unit) return std::nullopt;
    const Bytes header = packet.subspan(start);
    protocol = wire::read_u8(header, 0);
    if (kind == wire::NextHeader::fragment) {
      if (wire::parse_fragment_header(header)->offset != 0) return std::nullopt;
      start += wire::fragment_header_bytes;
    } else {
      start += unit * (wire::read_u8(header, 1) + std::size_t{1});
    }
  }
  return start;
}

// Whether it is one about which no error is sent: an error, or a redirect (section 2.4 e).
bool is_never_answered(std::span<const Bytes> quoted) noexcept {
  const Bytes first = quoted.front();
  if (!wire::parse_quoted_ipv6(first)) return true;
  const auto start = find_icmp6(first);
  if (!start) return false;
  const Bytes behind = first.subspan(std::min(*start, first.size()));
  const Bytes message = behind.empty() && quoted.size() > 1 ? quoted[1] : behind;
  if (message.empty()) return false;
  const auto type = static_cast<wire::Icmp6Type>(message.front());
  return wire::is_icmp6_error(type) || type == wire::Icmp6Type::redirect;
}

}  // namespace

Icmp6::Icmp6(Ip& ip, Ticks& ticks, ErrorUser& errors, LinkMessageUser& messages,
             IcmpLimits& limits) noexcept
    : user_(errors), messages_(messages), answers_(ip, ticks, limits, as_icmp()) {}

void Icmp6::received(const Received& what, ReceivedPacket packet) noexcept {
  ++answers_.statistics().received;
  const auto header = wire::parse_icmp6(what.header);
  if (!header) {
    ++answers_.statistics().wrong;
  } else if (header->type == wire::Icmp6Type::echo) {
    ++answers_.statistics().echoes;
    answer_echo(what, packet);
  } else if (wire::is_icmp6_error(header->type)) {
    take_error(*header, what.header.subspan(wire::icmp6_header_bytes));
  } else if (is_link_message(header->type)) {
    messages_.link_message(what, packet);
  }
}

void Icmp6::answer_echo(const Received& what, const ReceivedPacket& packet) noexcept {
  // A group is answered on its own link only: whoever is further away may be somebody else, who
  // would be drowned (section 5.2).
  if (what.is_group && !what.source.is_link_local()) return;
  answers_.send_echo(way_back(what), what, packet,
                     static_cast<std::byte>(wire::Icmp6Type::echo_reply));
}

void Icmp6::take_error(const wire::Icmp6Header& header, Bytes quoted) noexcept {
  const auto packet = wire::parse_quoted_ipv6(quoted);
  const auto kind = kind_of(header);
  if (!packet || !kind) {
    ++answers_.statistics().wrong;
    return;
  }
  const wire::Extensions chain = wire::follow_extensions(quoted);
  const bool is_beginning =
      chain.end == wire::Extensions::End::transport ||
      (chain.end == wire::Extensions::End::fragment && chain.fragment->offset == 0);
  if (!is_beginning || quoted.size() < chain.start + quoted_transport_bytes) {
    ++answers_.statistics().wrong;
    return;
  }
  ErrorReport report;
  report.kind = *kind;
  report.source = packet->source;
  report.destination = packet->destination;
  report.header = quoted.subspan(chain.start);
  if (report.kind == ErrorReport::Kind::packet_too_big) {
    report.mtu = header.rest;
    // No link may have less (RFC 8201 section 4), and such a packet would have passed.
    if (report.mtu < limits::path_mtu_min_v6 ||
        ipv6_header_bytes + packet->payload_bytes <= report.mtu) {
      ++answers_.statistics().wrong;
      return;
    }
  }
  user_.failed(static_cast<ProtocolNumber>(chain.protocol), report);
}

void Icmp6::refuse(const Received& what, const ReceivedPacket& packet,
                   ErrorReport::Kind why) noexcept {
  wire::Icmp6Header error{wire::Icmp6Type::unreachable,
                          static_cast<std::uint8_t>(wire::Icmp6Unreachable::port), 0};
  if (why == ErrorReport::Kind::prohibited) {
    error.code = static_cast<std::uint8_t>(wire::Icmp6Unreachable::prohibited);
  } else if (why == ErrorReport::Kind::protocol_unreachable) {
    // Where the number stands that nobody knows.
    const Bytes first = packet.first();
    error = {wire::Icmp6Type::parameter_problem,
             static_cast<std::uint8_t>(wire::Icmp6Problem::next_header),
             static_cast<std::uint32_t>(
                 wire::follow_extensions(first.subspan(what.network_start)).named_at)};
  }
  send_error(what, packet, error, false);
}

void Icmp6::send_error(const Received& what, const ReceivedPacket& packet,
                       const wire::Icmp6Header& error, bool tell_of_groups) noexcept {
  std::array<std::byte, quoted_bytes_max> space{};
  const std::array<Bytes, 1> quoted = {quote(what, packet, space)};
  send_error(what, quoted, error, tell_of_groups);
}

void Icmp6::send_error(const Received& what, std::span<const Bytes> quoted,
                       const wire::Icmp6Header& error, bool tell_of_groups) noexcept {
  if ((what.is_group && !tell_of_groups) || is_never_answered(quoted)) return;
  std::array<std::byte, wire::icmp6_header_bytes> header{};
  wire::write_icmp6(header, error);
  answers_.send_error(way_back(what), header, quoted, quoted_bytes_max);
}

}  // namespace sundog::net
