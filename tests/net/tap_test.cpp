// Sundog's stack on a TAP device, opposite the host's own, in a network namespace of the test's.
#include "sundog/io/unix/tap.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/net/direct_stack.hpp"
#include "sundog/io/unix/stack.hpp"
#include "sundog/io/unix/vnet_header.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/datagram.hpp"
#include "tests/net/own_network.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

using test::expect;
using test::succeeds;
using test::talks_with_the_host;

// ping(8), which not every machine has: ADDRESS SIZE, succeeds if the echo comes back whole.
constexpr const char* ping = R"(
import os, socket, struct, sys
address, size = sys.argv[1], int(sys.argv[2])
payload = os.urandom(size)
message = bytearray(struct.pack('!BBHHH', 8, 0, 0, 0x1234, 1) + payload)
padded = bytes(message) + bytes(len(message) % 2)
total = sum(struct.unpack(f'!{len(padded) // 2}H', padded))
while total >> 16:
    total = (total & 0xffff) + (total >> 16)
struct.pack_into('!H', message, 2, ~total & 0xffff)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
raw.settimeout(5)
raw.sendto(bytes(message), (address, 0))
while True:
    packet = raw.recv(70000)
    reply = packet[(packet[0] & 15) * 4:]
    if reply[0] == 0 and reply[4:8] == message[4:8]:
        sys.exit(0 if reply[8:] == payload else 1)
)";

Task<void> try_with_the_host(net::DirectHost& machine) {
  for (const std::size_t size : {1U, 1000U, 1472U, 1473U, 20'000U, 65'507U}) {
    const auto talked =
        co_await try_timeout(talks_with_the_host(machine, IpAddress::parse("192.0.2.1"),
                                                 IpAddress::parse("192.0.2.254"), size),
                             5s);
    expect(talked && *talked, "messages of " + std::to_string(size) + " bytes arrive");
  }
  for (const char* size : {"0", "56", "1472", "1473", "60000"}) {
    const bool answered = co_await succeeds({"python3", "-c", ping, "192.0.2.1", size});
    expect(answered, "an echo of " + std::string(size) + " bytes comes back");
  }
  // Nobody is behind this port: the host hears of it.
  auto theirs = HostStack().datagrams(Endpoint::parse("192.0.2.254:0"));
  co_await theirs.send(as_bytes("nobody"), Endpoint::parse("192.0.2.1:9"));
  co_await sleep(100ms);
  const net::IpStatistics& statistics = machine.ip().statistics4();
  expect(machine.ip().icmp4_statistics().errors_sent == 1, "an unused port is unreachable");
  expect(statistics.wrong_checksums + statistics.wrong_headers == 0, "all packets are right");
}

}  // namespace

TEST_CASE("the host's stack pings Sundog's, and exchanges datagrams of every size with it") {
  test::opposite_the_host(&try_with_the_host);
}

TEST_CASE("a TAP device that cannot be opened says what to do") {
  try {
    TapNetwork::open("a-name-that-is-too-long", test::machine_tap_mac);
    FAIL("it was opened");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::filename_too_long);
    CHECK_THAT(error.what(), Catch::Contains("a-name-that-is-too-long"));
  }
}

TEST_CASE("what is known of a packet is the same behind a TAP device's header") {
  PacketOffload offload;
  CHECK(detail::from_vnet(detail::to_vnet(offload), offload));
  CHECK(offload == PacketOffload());
  for (const Segmentation kind :
       {Segmentation::none, Segmentation::tcp4, Segmentation::tcp6, Segmentation::udp}) {
    PacketOffload sent;
    sent.checksum = Checksum::partial;
    sent.checksum_start = 34;
    sent.checksum_offset = 16;
    sent.segmentation = kind;
    if (kind != Segmentation::none) {
      sent.segment_bytes = 1448;
      sent.header_bytes = 66;
    }
    PacketOffload got;
    CHECK(detail::from_vnet(detail::to_vnet(sent), got));
    CHECK(got == sent);
  }
  detail::VnetHeader header;
  header.flags = detail::VnetHeader::data_valid;
  PacketOffload verified;
  CHECK(detail::from_vnet(header, verified));
  CHECK(verified.checksum == Checksum::verified);
  header.gso_type = 3;  // fragments of UDP, which nobody asks for
  header.gso_bytes = 1000;
  CHECK_FALSE(detail::from_vnet(header, verified));
  header.gso_type = detail::VnetHeader::gso_tcp4;
  header.gso_bytes = 0;
  CHECK_FALSE(detail::from_vnet(header, verified));
}
