// What the seam between IP and the transports computes by itself.
#include "sundog/io/net/ip.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include "sundog/io/net/random_source.hpp"
#include "tests/catch.hpp"

using namespace sundog;

namespace {

net::Route route_between(const char* source, const char* destination) {
  net::Route route;
  route.source = IpAddress::parse(source);
  route.destination = route.next_hop = IpAddress::parse(destination);
  route.mtu = 1500;
  return route;
}

// Counts up.
struct Counter {
  std::uint8_t next = 0;
  void fill(MutableBytes buffer) noexcept {
    for (std::byte& byte : buffer) byte = std::byte{next++};
  }
};

}  // namespace

TEST_CASE("a route says how much of a transport goes into one packet") {
  const net::Route v4 = route_between("192.0.2.1", "192.0.2.2");
  const net::Route v6 = route_between("2001:db8::1", "2001:db8::2");
  CHECK(v4.transport_bytes_max() == 1480);
  CHECK(v6.transport_bytes_max() == 1460);
}

TEST_CASE("a route says how large a packet may be that the device cuts") {
  net::Route route = route_between("192.0.2.1", "192.0.2.2");
  CHECK(route.segmented_bytes_max(net::ProtocolNumber::tcp) == 0);
  route.offloads.tcp4 = true;
  route.offloads.segmented_bytes_max = 32'000;
  CHECK(route.segmented_bytes_max(net::ProtocolNumber::tcp) == 32'000 - 14 - 20);
  CHECK(route.segmented_bytes_max(net::ProtocolNumber::udp) == 0);
  // Never more than what the length in an IP header can say.
  route.offloads.segmented_bytes_max = 200'000;
  CHECK(route.segmented_bytes_max(net::ProtocolNumber::tcp) == 65'535 - 20);
  route.source = IpAddress::parse("2001:db8::1");
  CHECK(route.segmented_bytes_max(net::ProtocolNumber::tcp) == 0);
}

TEST_CASE("random numbers below a count are below it, and all of them come") {
  Counter counter;
  net::RandomFrom<Counter> source(counter);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 64; ++i) seen.insert(source.below(3));
  CHECK(seen == std::set<std::uint32_t>{0, 1, 2});
  CHECK(source.below(1) == 0);
}
