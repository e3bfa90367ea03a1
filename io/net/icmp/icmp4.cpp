#include "sundog/io/net/icmp/icmp4.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace sundog::net {
namespace {

// Of a packet that is quoted: its headers, and more as long as the error has 576 bytes in all (RFC
// 1812 section 4.3.2.3).
constexpr std::size_t quoted_bytes_max = 576 - ipv4_header_bytes - wire::icmp4_header_bytes;
// Of a transport's header that an error must quote at least.
constexpr std::size_t quoted_transport_bytes = 8;

Sending as_icmp() noexcept {
  Sending sending;
  sending.protocol = ProtocolNumber::icmp4;
  sending.checksum_offset = wire::icmp4_checksum_offset;
  return sending;
}

// RFC 1191 section 7.1: what to try where an old router has not said how much passes.
std::uint32_t plateau_below(std::uint32_t bytes) noexcept {
  constexpr std::array<std::uint16_t, 9> plateaus = {32000, 17914, 8166, 4352, 2002,
                                                     1492,  1006,  508,  296};
  for (const std::uint16_t plateau : plateaus) {
    if (plateau < bytes) return plateau;
  }
  return 0;
}

// From the address that the packet was for, by the interface that it came by.
RouteQuery way_back(const Received& what) noexcept {
  return {.destination = what.source, .source = what.destination, .interface = what.interface};
}

std::optional<ErrorReport::Kind> kind_of(const wire::Icmp4Header& header) noexcept {
  using Kind = ErrorReport::Kind;
  if (header.type == wire::Icmp4Type::time_exceeded) return Kind::time_exceeded;
  if (header.type == wire::Icmp4Type::parameter_problem) return Kind::header_not_taken;
  if (header.type != wire::Icmp4Type::unreachable) return std::nullopt;
  // By code, from 0 on (RFC 1122 section 3.2.2.1).
  constexpr std::array kinds = {
      Kind::network_unreachable, Kind::host_unreachable, Kind::protocol_unreachable,
      Kind::port_unreachable,    Kind::packet_too_big,   Kind::host_unreachable,
      Kind::network_unreachable, Kind::host_unreachable, Kind::host_unreachable,
      Kind::prohibited,          Kind::prohibited,       Kind::network_unreachable,
      Kind::host_unreachable,    Kind::prohibited,       Kind::prohibited,
      Kind::prohibited};
  if (header.code >= kinds.size()) return std::nullopt;
  return kinds[header.code];
}

// Whether the packet, headers first, is an error itself.
bool is_about_error(std::span<const Bytes> quoted) noexcept {
  const auto header = wire::parse_quoted_ipv4(quoted.front());
  if (!header || header->protocol != static_cast<std::uint8_t>(ProtocolNumber::icmp4)) return false;
  const Bytes behind = quoted.front().subspan(header->header_bytes);
  const Bytes message = behind.empty() && quoted.size() > 1 ? quoted[1] : behind;
  return !message.empty() && wire::is_icmp4_error(static_cast<wire::Icmp4Type>(message.front()));
}

}  // namespace

Icmp4::Icmp4(Ip& ip, Ticks& ticks, ErrorUser& user, IcmpLimits& limits) noexcept
    : user_(user), answers_(ip, ticks, limits, as_icmp()) {}

void Icmp4::received(const Received& what, ReceivedPacket packet) noexcept {
  ++answers_.statistics().received;
  const auto header = wire::parse_icmp4(what.header);
  if (!header) {
    ++answers_.statistics().wrong;
    return;
  }
  if (header->type == wire::Icmp4Type::echo) {
    ++answers_.statistics().echoes;
    answer_echo(what, packet);
  } else if (wire::is_icmp4_error(header->type)) {
    take_error(*header, what.header.subspan(wire::icmp4_header_bytes));
  }
}

void Icmp4::answer_echo(const Received& what, const ReceivedPacket& packet) noexcept {
  // Not to all at once: whoever sends such an echo in another's name wants that one drowned.
  if (what.is_group) return;
  answers_.send_echo(way_back(what), what, packet,
                     static_cast<std::byte>(wire::Icmp4Type::echo_reply));
}

void Icmp4::take_error(const wire::Icmp4Header& header, Bytes quoted) noexcept {
  const auto packet = wire::parse_quoted_ipv4(quoted);
  const auto kind = kind_of(header);
  if (!packet || !kind || quoted.size() < packet->header_bytes + quoted_transport_bytes ||
      packet->fragment_offset != 0) {
    ++answers_.statistics().wrong;
    return;
  }
  ErrorReport report;
  report.kind = *kind;
  report.source = packet->source;
  report.destination = packet->destination;
  report.header = quoted.subspan(packet->header_bytes);
  if (report.kind == ErrorReport::Kind::packet_too_big) {
    const std::uint32_t said = header.rest & 0xffff;
    report.mtu = said != 0 ? said : plateau_below(packet->total_bytes);
    // Such a packet would have passed.
    if (packet->total_bytes <= report.mtu) {
      ++answers_.statistics().wrong;
      return;
    }
  }
  user_.failed(static_cast<ProtocolNumber>(packet->protocol), report);
}

void Icmp4::refuse(const Received& what, const ReceivedPacket& packet,
                   ErrorReport::Kind why) noexcept {
  auto code = wire::Icmp4Unreachable::port;
  if (why == ErrorReport::Kind::protocol_unreachable) code = wire::Icmp4Unreachable::protocol;
  if (why == ErrorReport::Kind::prohibited) code = wire::Icmp4Unreachable::prohibited;
  std::array<std::byte, quoted_bytes_max> space{};
  const std::array<Bytes, 1> quoted = {quote(what, packet, space)};
  send_error(what, quoted, {wire::Icmp4Type::unreachable, static_cast<std::uint8_t>(code), 0});
}

void Icmp4::send_error(const Received& what, std::span<const Bytes> quoted,
                       const wire::Icmp4Header& error) noexcept {
  if (what.is_group || is_about_error(quoted)) return;
  std::array<std::byte, wire::icmp4_header_bytes> header{};
  wire::write_icmp4(header, error);
  answers_.send_error(way_back(what), header, quoted, quoted_bytes_max);
}

}  // namespace sundog::net
