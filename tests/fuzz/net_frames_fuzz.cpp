// A machine on a network whose other machine sends whatever it likes: any frames, in any order. The
// machine neither breaks nor keeps anything, and a socket is given only datagrams that were sent.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>

#include "sundog/io/memory/network_cable.hpp"
#include "sundog/io/net/direct_stack.hpp"
#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/run.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/yield.hpp"

using namespace sundog;

namespace {

// Counts up: what the machine draws does not matter.
class Numbers final : public net::RandomSource {
 public:
  void fill(MutableBytes buffer) noexcept override {
    for (std::byte& byte : buffer) byte = static_cast<std::byte>(next_++);
  }

 private:
  unsigned next_ = 0;
};

// What stands in front of each frame of an input: how long it is, and what is made right in it, so
// that more than the first check is reached.
constexpr std::size_t note_bytes = 2;
constexpr unsigned right_target = 1;
constexpr unsigned right_header = 2;
constexpr unsigned right_addresses = 4;
constexpr unsigned as_ipv6 = 8;

// The same for IPv6: of the machine, or of a group that it is in.
void make_right_v6(MutableBytes frame, unsigned what) {
  using namespace net::wire;
  const MutableBytes packet = frame.subspan(frame_header_bytes);
  if (packet.size() < net::ipv6_header_bytes) return;
  if ((what & right_addresses) != 0) {
    write_u16(frame, 12, 0x86dd);
    write_address(packet, 8, IpAddress::parse("2001:db8::2"));
    write_address(packet, 24, IpAddress::parse((what & 16) != 0 ? "ff02::1" : "2001:db8::1"));
  }
  if ((what & right_header) != 0) {
    write_u8(packet, 0, 0x60);
    write_u16(packet, 4, static_cast<unsigned>(packet.size() - net::ipv6_header_bytes));
    constexpr std::array<std::uint8_t, 6> known = {0, 43, 44, 60, 58, 17};
    write_u8(packet, 6, known[read_u8(packet, 6) % known.size()]);
  }
}

void make_right(MutableBytes frame, unsigned what, MacAddress target) {
  using namespace net::wire;
  if ((what & right_target) != 0) write_mac(frame, 0, target);
  if ((what & as_ipv6) != 0) return make_right_v6(frame, what);
  const MutableBytes packet = frame.subspan(frame_header_bytes);
  if (packet.size() < net::ipv4_header_bytes) return;
  if ((what & right_addresses) != 0) {
    write_u16(frame, 12, 0x0800);
    write_address(packet, 12, IpAddress::v4({192, 0, 2, 2}));
    write_address(packet, 16, IpAddress::v4({192, 0, 2, 1}));
  }
  if ((what & right_header) != 0) {
    const std::size_t header = std::clamp<std::size_t>((read_u8(packet, 0) & 0xfU) * 4,
                                                       net::ipv4_header_bytes, packet.size());
    write_u8(packet, 0, 0x40 | static_cast<unsigned>(header / 4));
    write_u16(packet, 2, static_cast<unsigned>(packet.size()));
    write_u16(packet, 10, 0);
    write_u16(packet, 10, internet_checksum(packet.first(header / 4 * 4)));
  }
}

Task<void> send_all(CableEnd& peer, MacAddress target, Bytes input) {
  while (input.size() > note_bytes) {
    const std::size_t size = std::clamp<std::size_t>(std::to_integer<std::size_t>(input[0]) * 6,
                                                     frame_header_bytes, peer.mtu());
    const unsigned what = std::to_integer<unsigned>(input[1]);
    input = input.subspan(note_bytes);
    TransmitBuffer buffer = co_await peer.buffer(size);
    const MutableBytes frame = buffer.bytes();
    const std::size_t given = std::min(size, input.size());
    std::ranges::fill(frame, std::byte{0});
    std::copy_n(input.begin(), given, frame.begin());
    input = input.subspan(given);
    make_right(frame, what, target);
    peer.send(std::move(buffer), PacketOffload());
    co_await yield();
    co_await yield();
    while (peer.try_receive()) {
    }
  }
  for (int i = 0; i < 8; ++i) co_await yield();
}

Task<void> receive_all(net::DirectDatagrams& socket) {
  std::array<std::byte, 512> buffer{};
  for (;;) {
    const auto got = co_await socket.receive(buffer);
    if (got.size > buffer.size() || got.peer.address().is_multicast()) std::abort();
  }
}

Task<void> feed(Bytes input) {
  Numbers numbers;
  net::DirectHost machine(numbers);
  auto ends = network_cable();
  CableEnd& peer = ends.first;
  peer.receive_everything(true);
  const MacAddress target = ends.second.mac();
  net::Ipv6Settings settings;
  settings.duplicate_probes = 0;
  const net::InterfaceId wire = machine.add_device("wire", std::move(ends.second), settings);
  machine.ip().set_address(wire, Prefix::parse("192.0.2.1/24"));
  machine.ip().set_address(wire, Prefix::parse("2001:db8::1/64"));
  auto socket = net::DirectStack(machine).datagrams(Endpoint::any(9));
  co_await pick(send_all(peer, target, input), machine.run(), receive_all(socket));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run(feed(std::as_bytes(std::span(data, size))));
  return 0;
}
