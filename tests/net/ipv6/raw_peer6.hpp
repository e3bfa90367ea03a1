// IPv6 packets of a peer of which a test writes every frame (tests/net/raw_peer.hpp).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/icmp6.hpp"
#include "sundog/io/net/wire/ipv6.hpp"
#include "sundog/io/net/wire/ipv6_extensions.hpp"
#include "sundog/io/net/wire/neighbour_discovery.hpp"
#include "tests/net/raw_peer.hpp"

namespace sundog::test {

inline constexpr IpAddress machine6 = IpAddress::parse("2001:db8::1");
inline constexpr IpAddress peer6 = IpAddress::parse("2001:db8::2");
inline constexpr IpAddress router6 = IpAddress::parse("fe80::1");

inline Packet ipv6_packet(net::wire::Ipv6Header header, Bytes payload) {
  header.payload_bytes = static_cast<std::uint16_t>(payload.size());
  Packet packet(net::ipv6_header_bytes);
  net::wire::write_ipv6(packet, header);
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

// With the right checksum at `checksum_at` of the payload.
inline Packet transport_packet(const IpAddress& source, const IpAddress& destination,
                               net::ProtocolNumber protocol, std::uint8_t hop_limit, Packet payload,
                               std::size_t checksum_at) {
  const auto number = static_cast<std::uint8_t>(protocol);
  net::wire::write_u16(payload, checksum_at, 0);
  net::wire::InternetSum sum;
  sum.add_pseudo_header(source, destination, number, payload.size());
  sum.add(payload);
  net::wire::write_u16(payload, checksum_at, sum.checksum());
  net::wire::Ipv6Header header;
  header.next_header = number;
  header.hop_limit = hop_limit;
  header.source = source;
  header.destination = destination;
  return ipv6_packet(header, payload);
}

// An ICMPv6 message from the peer.
inline Packet icmp6_packet(const IpAddress& source, const IpAddress& destination, Packet message,
                           std::uint8_t hop_limit = 255) {
  return transport_packet(source, destination, net::ProtocolNumber::icmp6, hop_limit,
                          std::move(message), 2);
}

inline Packet icmp6_message(const net::wire::Icmp6Header& header, Bytes payload = {}) {
  Packet message(net::wire::icmp6_header_bytes);
  net::wire::write_icmp6(message, header);
  message.insert(message.end(), payload.begin(), payload.end());
  return message;
}

inline Packet mac_option(net::wire::DiscoveryOptionType type, MacAddress mac) {
  Packet option(net::wire::mac_option_bytes);
  net::wire::write_mac_option(option, type, mac);
  return option;
}

inline Packet solicitation_of(const IpAddress& target, Bytes options = {}) {
  Packet message(net::wire::neighbour_message_bytes);
  net::wire::write_neighbour_solicitation(message, target);
  message.insert(message.end(), options.begin(), options.end());
  return message;
}

inline Packet advertisement_of(const net::wire::NeighbourAdvertisement& advertisement,
                               Bytes options = {}) {
  Packet message(net::wire::neighbour_message_bytes);
  net::wire::write_neighbour_advertisement(message, advertisement);
  message.insert(message.end(), options.begin(), options.end());
  return message;
}

inline Packet router_advertisement_of(const net::wire::RouterAdvertisement& advertisement,
                                      Bytes options = {}) {
  Packet message(net::wire::router_advertisement_bytes);
  net::wire::write_router_advertisement(message, advertisement);
  message.insert(message.end(), options.begin(), options.end());
  return message;
}

inline Packet prefix_option(const net::wire::PrefixInformation& information) {
  Packet option(net::wire::prefix_option_bytes);
  net::wire::write_prefix_information(option, information);
  return option;
}

// What a packet of the machine's holds.
struct Seen {
  net::wire::Ipv6Header header;
  net::wire::Extensions chain;
  // Behind all headers; empty if the checksum of an ICMPv6 message is wrong.
  Packet payload;
  // The whole packet, and whose device its frame was for.
  Packet packet;
  MacAddress target;

  net::wire::Icmp6Type type() const {
    return payload.empty() ? net::wire::Icmp6Type(0) : net::wire::Icmp6Type(payload[0]);
  }
  bool is_icmp6() const { return chain.protocol == 58 && !payload.empty(); }
};

inline std::optional<Seen> seen_in(const std::optional<Packet>& packet, MacAddress target) {
  if (!packet) return std::nullopt;
  const auto header = net::wire::parse_ipv6(*packet, packet->size());
  if (!header) return std::nullopt;
  Seen seen;
  seen.header = *header;
  seen.packet = *packet;
  seen.packet.resize(net::ipv6_header_bytes + header->payload_bytes);
  seen.chain = net::wire::follow_extensions(seen.packet);
  seen.payload.assign(seen.packet.begin() + static_cast<std::ptrdiff_t>(seen.chain.start),
                      seen.packet.end());
  seen.target = target;
  if (seen.chain.protocol == 58 && seen.chain.end == net::wire::Extensions::End::transport) {
    net::wire::InternetSum sum;
    sum.add_pseudo_header(header->source, header->destination, 58, seen.payload.size());
    sum.add(seen.payload);
    if (sum.checksum() != 0) seen.payload.clear();
  }
  return seen;
}

// To the machine, or to a group.
inline Task<void> send6(RawPeer& peer, Packet packet) {
  const auto header = net::wire::parse_quoted_ipv6(packet);
  const IpAddress destination = header ? header->destination : machine6;
  const MacAddress target =
      destination.is_multicast() ? net::wire::group_mac(destination) : peer.machine_mac;
  co_await peer.send(target, net::wire::EtherType::ipv6, std::move(packet));
}

// The next packet for which wanted(seen) holds; others are passed over.
inline Task<Seen> wait_for6(RawPeer& peer, std::function<bool(const Seen&)> wanted) {
  for (;;) {
    const auto packet = co_await peer.next(net::wire::EtherType::ipv6, std::chrono::hours(24));
    const auto seen = seen_in(packet, peer.last_target);
    if (seen && wanted(*seen)) co_return *seen;
  }
}
inline Task<std::optional<Seen>> next6(RawPeer& peer, std::function<bool(const Seen&)> wanted,
                                       Duration within = std::chrono::milliseconds(100)) {
  co_return co_await try_timeout(wait_for6(peer, std::move(wanted)), within);
}
inline Task<std::optional<Seen>> next_icmp6(RawPeer& peer, net::wire::Icmp6Type type,
                                            Duration within = std::chrono::milliseconds(100)) {
  return next6(
      peer, [type](const Seen& seen) { return seen.is_icmp6() && seen.type() == type; }, within);
}

// Addresses are used at once, and nothing is looked for.
inline net::Ipv6Settings quiet_ipv6() {
  net::Ipv6Settings settings;
  settings.enabled = false;
  settings.duplicate_probes = 0;
  return settings;
}

// Runs body(machine, peer): the machine has what these settings make, and machine6 if it is to.
inline void with_peer6(const std::function<Task<void>(net::DirectHost&, RawPeer&)>& body,
                       const net::Ipv6Settings& settings = quiet_ipv6(), bool with_address = true) {
  sim::World world(1, sim::FaultPlan());
  sim::Host& host = world.add_host("host");
  host.start([&]() -> Task<void> {
    SeededRandom random;
    net::DirectHost machine(random);
    sim::SimNetwork device(host, "lan");
    RawPeer peer{sim::SimNetwork(host, "lan")};
    peer.machine_mac = device.mac();
    const net::InterfaceId id = machine.add_device("wire", std::move(device), settings);
    if (with_address) machine.ip().set_address(id, Prefix(machine6, 64));
    const auto run_body = [&]() -> Task<void> { co_await body(machine, peer); };
    co_await run_beside(run_body(), machine);
  });
  world.run();
}

// The machine learns where the peer is.
inline Task<void> introduce(RawPeer& peer, const IpAddress& address = peer6) {
  const Packet option = mac_option(net::wire::DiscoveryOptionType::source_mac, peer.mac());
  co_await send6(peer, icmp6_packet(address, net::wire::solicited_node_group(machine6),
                                    solicitation_of(machine6, option)));
  const auto answer = co_await next_icmp6(peer, net::wire::Icmp6Type::neighbour_advertisement);
  CHECK(answer.has_value());
}

}  // namespace sundog::test
