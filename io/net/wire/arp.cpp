#include "sundog/io/net/wire/arp.hpp"

#include "sundog/io/net/wire/ethernet.hpp"
#include "sundog/io/net/wire/fields.hpp"

namespace sundog::net::wire {
namespace {

constexpr unsigned hardware_ethernet = 1;
constexpr unsigned protocol_ipv4 = static_cast<unsigned>(EtherType::ipv4);
constexpr unsigned mac_bytes = MacAddress::size_bytes;
constexpr unsigned ipv4_bytes = 4;

}  // namespace

std::optional<Arp> parse_arp(Bytes message) noexcept {
  if (message.size() < arp_bytes) return std::nullopt;
  if (read_u16(message, 0) != hardware_ethernet || read_u16(message, 2) != protocol_ipv4 ||
      read_u8(message, 4) != mac_bytes || read_u8(message, 5) != ipv4_bytes) {
    return std::nullopt;
  }
  const auto operation = static_cast<Arp::Operation>(read_u16(message, 6));
  if (operation != Arp::Operation::request && operation != Arp::Operation::reply) {
    return std::nullopt;
  }
  return Arp{operation, read_mac(message, 8), read_v4(message, 14), read_mac(message, 18),
             read_v4(message, 24)};
}

void write_arp(MutableBytes message, const Arp& arp) noexcept {
  write_u16(message, 0, hardware_ethernet);
  write_u16(message, 2, protocol_ipv4);
  write_u8(message, 4, mac_bytes);
  write_u8(message, 5, ipv4_bytes);
  write_u16(message, 6, static_cast<unsigned>(arp.operation));
  write_mac(message, 8, arp.sender_mac);
  write_address(message, 14, arp.sender);
  write_mac(message, 18, arp.target_mac);
  write_address(message, 24, arp.target);
}

}  // namespace sundog::net::wire
