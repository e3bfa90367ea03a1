#include "sundog/io/xen/devices/frame_transport.hpp"

#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/network.hpp"

namespace sundog::xen {
namespace {

using net::wire::read_u16;
using net::wire::read_u8;

constexpr std::uint16_t type_ipv4 = 0x0800;
constexpr std::uint16_t type_ipv6 = 0x86dd;
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t protocol_udp = 17;
constexpr std::size_t ipv4_header_min = 20;
constexpr std::size_t ipv6_header_bytes = 40;
constexpr std::size_t tcp_header_min = 20;
constexpr std::size_t udp_header_bytes = 8;

struct Next {
  std::uint8_t protocol;
  std::size_t start;
};

std::optional<Next> after_ipv4(Bytes first) noexcept {
  const std::size_t at = frame_header_bytes;
  if (first.size() < at + ipv4_header_min) return std::nullopt;
  const std::size_t header = (read_u8(first, at) & 0xfU) * 4;
  constexpr unsigned fragment_bits = 0x3fff;  // more are to come, or some were before
  if (read_u8(first, at) >> 4 != 4 || header < ipv4_header_min) return std::nullopt;
  if ((read_u16(first, at + 6) & fragment_bits) != 0) return std::nullopt;
  return Next{read_u8(first, at + 9), at + header};
}

// Past the extension headers that stand before a transport's (RFC 8200 section 4.1).
std::optional<Next> after_ipv6(Bytes first) noexcept {
  const std::size_t at = frame_header_bytes;
  if (first.size() < at + ipv6_header_bytes || read_u8(first, at) >> 4 != 6) return std::nullopt;
  Next next{read_u8(first, at + 6), at + ipv6_header_bytes};
  constexpr std::uint8_t hop_by_hop = 0;
  constexpr std::uint8_t routing = 43;
  constexpr std::uint8_t destination_options = 60;
  while (next.protocol == hop_by_hop || next.protocol == routing ||
         next.protocol == destination_options) {
    if (first.size() < next.start + 8) return std::nullopt;
    const std::size_t bytes = (read_u8(first, next.start + 1) + std::size_t{1}) * 8;
    next = {read_u8(first, next.start), next.start + bytes};
  }
  return next;
}

}  // namespace

std::optional<FrameTransport> find_transport(Bytes first) noexcept {
  if (first.size() < frame_header_bytes) return std::nullopt;
  const std::uint16_t type = read_u16(first, frame_header_bytes - 2);
  if (type != type_ipv4 && type != type_ipv6) return std::nullopt;
  const std::optional<Next> next = type == type_ipv4 ? after_ipv4(first) : after_ipv6(first);
  if (!next || (next->protocol != protocol_tcp && next->protocol != protocol_udp)) {
    return std::nullopt;
  }
  FrameTransport transport;
  transport.is_tcp = next->protocol == protocol_tcp;
  transport.is_v6 = type == type_ipv6;
  const std::size_t header_min = transport.is_tcp ? tcp_header_min : udp_header_bytes;
  if (first.size() < next->start + header_min) return std::nullopt;
  std::size_t header = header_min;
  if (transport.is_tcp) header = (read_u8(first, next->start + 12) >> 4) * std::size_t{4};
  if (header < header_min || first.size() < next->start + header) return std::nullopt;
  transport.start = static_cast<std::uint16_t>(next->start);
  transport.end = static_cast<std::uint16_t>(next->start + header);
  return transport;
}

}  // namespace sundog::xen
