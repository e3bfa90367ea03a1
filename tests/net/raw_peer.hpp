// A machine with Sundog's stack on a simulated LAN, and opposite a peer of which a test writes
// every frame itself. The time is the simulator's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "sundog/io/net/direct_stack.hpp"
#include "sundog/io/net/wire/arp.hpp"
#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/ethernet.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/icmp4.hpp"
#include "sundog/io/net/wire/ipv4.hpp"
#include "sundog/io/net/wire/udp.hpp"
#include "sundog/io/sim/lan.hpp"
#include "sundog/io/sim/world.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/net/direct_worlds.hpp"
#include "tests/net/seeded_random.hpp"

namespace sundog::test {

inline constexpr IpAddress machine_address = IpAddress::parse("192.0.2.1");
inline constexpr IpAddress peer_address = IpAddress::parse("192.0.2.2");

using Packet = std::vector<std::byte>;

inline Packet joined(std::initializer_list<Bytes> parts) {
  Packet all;
  for (const Bytes part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline net::wire::Ipv4Header from_peer(net::ProtocolNumber protocol) {
  net::wire::Ipv4Header header;
  header.hop_limit = 64;
  header.protocol = static_cast<std::uint8_t>(protocol);
  header.source = peer_address;
  header.destination = machine_address;
  return header;
}

inline Packet ipv4_packet(net::wire::Ipv4Header header, Bytes payload) {
  header.total_bytes = static_cast<std::uint16_t>(net::ipv4_header_bytes + payload.size());
  Packet packet(net::ipv4_header_bytes);
  net::wire::write_ipv4(packet, header);
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

inline Packet icmp_message(const net::wire::Icmp4Header& header, Bytes payload) {
  Packet message(net::wire::icmp4_header_bytes);
  net::wire::write_icmp4(message, header);
  message.insert(message.end(), payload.begin(), payload.end());
  net::wire::write_u16(message, 2, net::wire::internet_checksum(message));
  return message;
}

inline Packet udp_message(std::uint16_t from, std::uint16_t to, Bytes payload,
                          const IpAddress& source = peer_address,
                          const IpAddress& destination = machine_address) {
  Packet message(net::wire::udp_header_bytes);
  const std::size_t bytes = message.size() + payload.size();
  net::wire::write_udp(message, {from, to, static_cast<std::uint16_t>(bytes), 0});
  message.insert(message.end(), payload.begin(), payload.end());
  net::wire::InternetSum sum;
  sum.add_pseudo_header(source, destination, 17, bytes);
  sum.add(message);
  net::wire::write_u16(message, 6, sum.checksum());
  return message;
}

class RawPeer {
 public:
  explicit RawPeer(sim::SimNetwork network) : network_(std::move(network)) {
    network_.receive_everything(true);
  }

  MacAddress mac() const { return network_.mac(); }

  Task<void> send(MacAddress target, net::wire::EtherType type, Packet payload) {
    TransmitBuffer buffer = co_await network_.buffer(frame_header_bytes + payload.size());
    net::wire::write_ethernet(buffer.bytes(), {target, mac(), type});
    std::ranges::copy(payload, buffer.bytes().begin() + frame_header_bytes);
    network_.send(std::move(buffer), PacketOffload());
  }
  // To the machine.
  Task<void> send_ipv4(Packet packet) {
    co_await send(machine_mac, net::wire::EtherType::ipv4, std::move(packet));
  }
  Task<void> send_arp(net::wire::Arp arp, MacAddress target = MacAddress::broadcast()) {
    Packet message(net::wire::arp_bytes);
    net::wire::write_arp(message, arp);
    co_await send(target, net::wire::EtherType::arp, std::move(message));
  }

  // The payload of the next frame of this type, or nothing when none comes for so long.
  Task<std::optional<Packet>> next(net::wire::EtherType type,
                                   Duration within = std::chrono::milliseconds(100)) {
    co_return co_await try_timeout(wait_for(type), within);
  }
  Task<std::optional<net::wire::Arp>> next_arp(Duration within = std::chrono::milliseconds(100)) {
    const std::optional<Packet> message = co_await next(net::wire::EtherType::arp, within);
    if (!message) co_return std::nullopt;
    co_return net::wire::parse_arp(*message);
  }
  // The next IPv4 packet, without what pads its frame; questions for this peer's address are
  // answered meanwhile.
  Task<std::optional<Packet>> next_ipv4(Duration within = std::chrono::milliseconds(100)) {
    co_return co_await try_timeout(wait_for_ipv4(), within);
  }
  // To whom the frame was that came last.
  MacAddress last_target;
  MacAddress machine_mac;

 private:
  Task<Packet> wait_for(net::wire::EtherType type) {
    for (;;) {
      const ReceivedPacket packet = co_await network_.receive();
      Packet frame(packet.size());
      packet.copy(0, frame);
      const auto header = net::wire::parse_ethernet(frame);
      if (header->type != type || header->source == mac()) continue;
      last_target = header->target;
      frame.erase(frame.begin(), frame.begin() + frame_header_bytes);
      co_return frame;
    }
  }
  Task<Packet> wait_for_ipv4() {
    for (;;) {
      const ReceivedPacket packet = co_await network_.receive();
      Packet frame(packet.size());
      packet.copy(0, frame);
      const auto header = net::wire::parse_ethernet(frame);
      frame.erase(frame.begin(), frame.begin() + frame_header_bytes);
      if (header->type == net::wire::EtherType::arp) co_await answer(frame);
      if (header->type != net::wire::EtherType::ipv4) continue;
      last_target = header->target;
      const auto ip = net::wire::parse_ipv4(frame, frame.size());
      if (!ip) co_return Packet();
      frame.resize(ip->total_bytes);
      co_return frame;
    }
  }
  Task<void> answer(Packet message) {
    const auto question = net::wire::parse_arp(message);
    if (!question || question->operation != net::wire::Arp::Operation::request) co_return;
    if (question->target != peer_address) co_return;
    co_await send_arp({net::wire::Arp::Operation::reply, mac(), peer_address, question->sender_mac,
                       question->sender},
                      question->sender_mac);
  }

  sim::SimNetwork network_;
};

inline net::Ipv6Settings without_ipv6() {
  net::Ipv6Settings settings;
  settings.enabled = false;
  return settings;
}

// Runs body(machine, peer), a task; the machine has machine_address unless told otherwise.
inline void with_raw_peer(const std::function<Task<void>(net::DirectHost&, RawPeer&)>& body,
                          bool with_address = true) {
  sim::World world(1, sim::FaultPlan());
  sim::Host& host = world.add_host("host");
  host.start([&]() -> Task<void> {
    SeededRandom random;
    net::DirectHost machine(random);
    sim::SimNetwork device(host, "lan");
    RawPeer peer{sim::SimNetwork(host, "lan")};
    peer.machine_mac = device.mac();
    if (with_address) {
      connect_device(machine, std::move(device), 1);
    } else {
      machine.add_device("wire", std::move(device), without_ipv6());
    }
    const auto run_body = [&]() -> Task<void> {
      // The machine announces its address.
      if (with_address) {
        const auto announced = co_await peer.next_arp();
        CHECK(announced.has_value());
      }
      co_await body(machine, peer);
    };
    co_await run_beside(run_body(), machine);
  });
  world.run();
}

}  // namespace sundog::test
