// A link whose other machine sends whatever it likes of ICMPv6 to a machine that finds neighbours,
// routers, addresses and groups by it, with any time between. What the machine keeps stays within
// its limits, and what it sends has a right header.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>

#include "sundog/io/memory/network_cable.hpp"
#include "sundog/io/net/interface/link_over.hpp"
#include "sundog/io/net/ip_layer.hpp"
#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/ipv6.hpp"
#include "sundog/io/net/wire/neighbour_discovery.hpp"
#include "sundog/io/run.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/net/made_up_ticks.hpp"
#include "tests/net/seeded_random.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using namespace sundog::net::wire;
namespace limits = sundog::net::limits;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

// In front of each message of an input: how long it is, what is right about it, and how much time
// passes after it.
constexpr std::size_t note_bytes = 3;
constexpr unsigned wrong_hop_limit = 1;
constexpr unsigned to_group = 2;
constexpr unsigned with_alert = 4;
constexpr unsigned as_it_is = 8;  // a whole packet, not a message

constexpr std::array<Duration, 8> pauses = {0s, 1ms, 200ms, 1s, 5s, 61s, 10min, 3h};

const IpAddress sources[] = {IpAddress::parse("fe80::1"), IpAddress::parse("fe80::2"),
                             IpAddress::parse("2001:db8::2"), IpAddress::any_v6()};

class Peer {
 public:
  Peer(CableEnd& cable, MacAddress target) : cable_(cable), target_(target) {}

  // The packet that the note and the bytes behind it mean; gives what is left of the input.
  Task<Bytes> send_first(Bytes input) {
    const unsigned what = std::to_integer<unsigned>(input[1]);
    const std::size_t size = std::to_integer<std::size_t>(input[0]) * 8;
    input = input.subspan(note_bytes);
    const Bytes given = input.first(std::min(size, input.size()));
    const std::size_t extension = (what & with_alert) != 0 ? router_alert_bytes : 0;
    const std::size_t headers = (what & as_it_is) != 0 ? 0 : net::ipv6_header_bytes + extension;
    TransmitBuffer buffer = co_await cable_.buffer(frame_header_bytes + headers + given.size());
    write_mac(buffer.bytes(), 0, target_);
    write_mac(buffer.bytes(), 6, cable_.mac());
    write_u16(buffer.bytes(), 12, 0x86dd);
    const MutableBytes packet = buffer.bytes().subspan(frame_header_bytes);
    std::ranges::copy(given, packet.begin() + static_cast<std::ptrdiff_t>(headers));
    if (headers != 0) complete(packet, headers, what);
    cable_.send(std::move(buffer), PacketOffload());
    co_return input.subspan(given.size());
  }

 private:
  static void complete(MutableBytes packet, std::size_t headers, unsigned what) {
    Ipv6Header header;
    header.payload_bytes = static_cast<std::uint16_t>(packet.size() - net::ipv6_header_bytes);
    header.next_header = (what & with_alert) != 0 ? 0 : 58;
    header.hop_limit = (what & wrong_hop_limit) != 0 ? 1 : 255;
    header.source = sources[what >> 4 & 3];
    header.destination = (what & to_group) != 0 ? all_nodes_group : IpAddress::parse("2001:db8::1");
    const MutableBytes message = packet.subspan(headers);
    // Most messages are of the kinds that something is done about.
    if (!message.empty() && what < 0xc0) {
      write_u8(message, 0, 128 + read_u8(message, 0) % 16);
    }
    if (header.source.is_any() && message.size() >= 24) {
      header.destination = solicited_node_group(read_v6(message, 8));
    }
    write_ipv6(packet, header);
    if ((what & with_alert) != 0) {
      write_router_alert(packet.subspan(net::ipv6_header_bytes), 58);
    }
    if (message.size() < 4) return;
    write_u16(message, 2, 0);
    InternetSum sum;
    sum.add_pseudo_header(header.source, header.destination, 58, message.size());
    sum.add(message);
    write_u16(message, 2, sum.checksum());
  }

  CableEnd& cable_;
  MacAddress target_;
};

void check_limits(net::IpLayer& ip) {
  net::Ipv6Interface& ipv6 = ip.ipv6(1);
  const net::Interface& interface = ip.interface(1);
  check(ipv6.discovery().neighbours().size() <= limits::neighbours);
  check(ipv6.routers().router_count() <= limits::default_routers);
  check(ipv6.routers().on_link_count() <= limits::on_link_prefixes);
  check(ip.name_servers().size() <= limits::advertised_name_servers);
  check(ipv6.autoconfiguration().address_count() <= limits::autoconfigured_addresses + 1);
  check(interface.addresses().size() <= limits::autoconfigured_addresses + 2);
  check(ip.routes().entries().size() <= limits::default_routers + limits::on_link_prefixes);
  check(interface.mtu(IpAddress::Family::v6) >= limits::link_mtu_min_v6);
  check(interface.hop_limit() >= limits::advertised_hop_limit_min);
}

// What the machine has sent is right by itself.
void check_sent(CableEnd& peer) {
  while (const ReceivedPacket packet = peer.try_receive()) {
    const Bytes frame = packet.first();
    if (read_u16(frame, 12) != 0x86dd) continue;
    const Bytes bytes = frame.subspan(frame_header_bytes);
    const auto header = parse_ipv6(bytes, bytes.size());
    check(header.has_value());
    check(!header->source.is_multicast());
  }
}

Task<void> talk(CableEnd& cable, MacAddress target, net::IpLayer& ip, test::MadeUpTicks& ticks,
                Bytes input) {
  Peer peer(cable, target);
  std::errc error{};
  while (input.size() > note_bytes) {
    const unsigned pause = std::to_integer<unsigned>(input[2]);
    input = co_await peer.send_first(input);
    co_await yield();
    co_await yield();
    ticks.pass(pauses[pause % pauses.size()]);
    // Somebody who sends through the router, or to a neighbour.
    if (pause >= 128) {
      const net::Route route =
          ip.route({.destination = IpAddress::parse("2001:db8:ffff::1")}, error);
      if (error == std::errc{}) {
        const std::array<Bytes, 1> pieces = {as_bytes("some bytes")};
        ip.try_send(route, pieces, net::Sending());
      }
      error = {};
    }
    check_limits(ip);
    check_sent(cable);
  }
}

Task<void> feed(Bytes input) {
  test::MadeUpTicks ticks;
  test::SeededRandom random;
  auto ends = network_cable();
  ends.first.receive_everything(true);
  const MacAddress target = ends.second.mac();
  net::IpLayer ip(random, ticks);
  ip.add_interface("wire", std::make_unique<net::LinkOver<CableEnd>>(std::move(ends.second)));
  ip.set_address(1, Prefix::parse("2001:db8::1/64"));
  co_await pick(talk(ends.first, target, ip, ticks, input), ip.run());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run(feed(std::as_bytes(std::span(data, size))));
  return 0;
}
