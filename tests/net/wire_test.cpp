// Formats of packets: what is written is read back, and what does not hold together is refused.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sundog/io/complete_checksum.hpp"
#include "sundog/io/net/wire/arp.hpp"
#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/ethernet.hpp"
#include "sundog/io/net/wire/fields.hpp"
#include "sundog/io/net/wire/icmp4.hpp"
#include "sundog/io/net/wire/ipv4.hpp"
#include "sundog/io/net/wire/ipv6.hpp"
#include "sundog/io/net/wire/udp.hpp"
#include "tests/catch.hpp"
#include "tests/net/bytes_of.hpp"

using namespace sundog;
using namespace sundog::net::wire;
using test::bytes_of;

namespace {

// As RFC 1071 section 1 describes it, word by word.
std::uint16_t sum_word_by_word(Bytes bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const unsigned low = i + 1 < bytes.size() ? read_u8(bytes, i + 1) : 0;
    sum += unsigned{read_u8(bytes, i)} << 8 | low;
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

std::vector<std::byte> counting_bytes(std::size_t count, unsigned step = 7) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * step + 3);
  return bytes;
}

// A header as another stack wrote it, with the sum b861.
constexpr std::string_view known_header =
    "45 00 00 73 00 00 40 00 40 11 b8 61 c0 a8 00 01 c0 a8 00 c7";

Ipv4Header some_ipv4() {
  Ipv4Header header;
  header.traffic_class = 0xb9;
  header.total_bytes = 100;
  header.identification = 0xbeef;
  header.dont_fragment = true;
  header.more_fragments = true;
  header.fragment_offset = 65'528;
  header.hop_limit = 63;
  header.protocol = 17;
  header.source = IpAddress::parse("192.0.2.1");
  header.destination = IpAddress::parse("198.51.100.254");
  return header;
}

}  // namespace

TEST_CASE("the Internet checksum is that of RFC 1071's example") {
  InternetSum sum;
  sum.add(bytes_of("00 01 f2 03 f4 f5 f6 f7"));
  CHECK(sum.folded() == 0xddf2);
  CHECK(sum.checksum() == 0x220d);
}

TEST_CASE("the Internet checksum is the same whatever pieces the bytes are in") {
  for (std::size_t size = 0; size <= 70; ++size) {
    const std::vector<std::byte> bytes = counting_bytes(size, 41);
    const std::uint16_t wanted = sum_word_by_word(bytes);
    for (std::size_t first = 0; first <= size; ++first) {
      for (const std::size_t second : {first, (first + size) / 2, size}) {
        InternetSum sum;
        sum.add(Bytes(bytes).first(first));
        sum.add(Bytes(bytes).subspan(first, second - first));
        sum.add(Bytes(bytes).subspan(second));
        CHECK(sum.folded() == wanted);
      }
    }
  }
}

TEST_CASE("no carry of the Internet checksum is lost in the longest packet") {
  const std::vector<std::byte> ones(65'535, std::byte{0xff});
  CHECK(internet_checksum(ones) == static_cast<std::uint16_t>(~sum_word_by_word(ones)));
}

TEST_CASE("a pseudo header counts addresses, protocol and length") {
  InternetSum v4;
  v4.add_pseudo_header(IpAddress::parse("192.0.2.1"), IpAddress::parse("192.0.2.2"), 17, 9);
  CHECK(v4.folded() == sum_word_by_word(bytes_of("c0000201 c0000202 0011 0009")));
  InternetSum v6;
  v6.add_pseudo_header(IpAddress::parse("2001:db8::1"), IpAddress::parse("2001:db8::2"), 6,
                       0x12345);
  CHECK(v6.folded() ==
        sum_word_by_word(bytes_of("20010db8000000000000000000000001"
                                  "20010db8000000000000000000000002 00012345 00000006")));
}

TEST_CASE("a partial checksum is completed, and 0 becomes ffff") {
  std::vector<std::byte> frame = bytes_of("aaaa 1234 0000 edcb");
  PacketOffload offload{.checksum = Checksum::partial};
  offload.checksum_start = 2;
  offload.checksum_offset = 2;
  CHECK(complete_checksum(frame, offload));
  CHECK(frame == bytes_of("aaaa 1234 ffff edcb"));
  offload.checksum_offset = 5;
  CHECK_FALSE(complete_checksum(frame, offload));
  offload.checksum_start = 9;
  offload.checksum_offset = 0;
  CHECK_FALSE(complete_checksum(frame, offload));
}

TEST_CASE("an Ethernet header is read as it was written") {
  const EthernetHeader header{MacAddress({1, 2, 3, 4, 5, 6}), MacAddress({7, 8, 9, 10, 11, 12}),
                              EtherType::ipv6};
  std::array<std::byte, 14> frame{};
  write_ethernet(frame, header);
  CHECK(parse_ethernet(frame) == header);
  CHECK(Bytes(frame).subspan(12)[0] == std::byte{0x86});
  CHECK_FALSE(parse_ethernet(Bytes(frame).first(13)));
}

TEST_CASE("groups of IP have their own Ethernet addresses") {
  CHECK(group_mac(IpAddress::parse("239.129.2.3")) == MacAddress({1, 0, 0x5e, 1, 2, 3}));
  CHECK(group_mac(IpAddress::parse("ff02::1:ff12:3456")) ==
        MacAddress({0x33, 0x33, 0xff, 0x12, 0x34, 0x56}));
}

TEST_CASE("an ARP message is read as it was written, and as others write it") {
  const Arp arp{Arp::Operation::reply, MacAddress({2, 0, 0, 0, 0, 1}), IpAddress::parse("10.0.0.1"),
                MacAddress({2, 0, 0, 0, 0, 2}), IpAddress::parse("10.0.0.2")};
  std::vector<std::byte> message(arp_bytes);
  write_arp(message, arp);
  CHECK(message == bytes_of("0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002"));
  CHECK(parse_arp(message) == arp);
  message.resize(46);
  CHECK(parse_arp(message) == arp);
  CHECK_FALSE(parse_arp(Bytes(message).first(arp_bytes - 1)));
  for (std::size_t fixed = 0; fixed < 8; ++fixed) {
    CAPTURE(fixed);
    std::vector<std::byte> other = message;
    other[fixed] ^= std::byte{0x40};
    CHECK_FALSE(parse_arp(other));
  }
}

TEST_CASE("an IPv4 header is read as it was written, and as others write it") {
  std::vector<std::byte> packet(100);
  write_ipv4(packet, some_ipv4());
  CHECK(parse_ipv4(packet, 100) == some_ipv4());
  CHECK(internet_checksum(Bytes(packet).first(20)) == 0);

  const auto known = parse_ipv4(bytes_of(known_header), 0x73);
  REQUIRE(known);
  CHECK(known->total_bytes == 0x73);
  CHECK(known->payload_bytes() == 0x73 - 20);
  CHECK(known->dont_fragment);
  CHECK_FALSE(known->is_fragment());
  CHECK(known->destination == IpAddress::parse("192.168.0.199"));
}

TEST_CASE("an IPv4 packet that does not hold together is refused") {
  const std::vector<std::byte> good = bytes_of(known_header);
  CHECK(parse_ipv4(good, 0x73));
  CHECK_FALSE(parse_ipv4(good, 0x72));
  CHECK_FALSE(parse_ipv4(Bytes(good).first(19), 0x73));
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::vector<std::byte> damaged = good;
    damaged[at] ^= std::byte{0x10};
    CHECK_FALSE(parse_ipv4(damaged, 0x1000 + 0x73));
  }
  // Options that are not there, a header that is longer than the packet, another version.
  for (const char* first : {"46 00 00 73", "44 00 00 73", "45 00 00 13", "65 00 00 73"}) {
    CAPTURE(first);
    std::vector<std::byte> wrong = good;
    std::ranges::copy(bytes_of(first), wrong.begin());
    write_u16(wrong, 10, 0);
    write_u16(wrong, 10, internet_checksum(wrong));
    CHECK_FALSE(parse_ipv4(wrong, 0x73));
  }
}

TEST_CASE("a source route is found among the options of an IPv4 header") {
  const auto routed = [](std::string_view options) {
    std::vector<std::byte> packet = bytes_of(known_header);
    const std::vector<std::byte> added = bytes_of(options);
    packet.insert(packet.end(), added.begin(), added.end());
    packet[0] = static_cast<std::byte>(4 << 4 | packet.size() / 4);
    const auto header = parse_quoted_ipv4(packet);
    REQUIRE(header);
    return has_source_route(packet, *header);
  };
  CHECK(routed("83 07 04 c0000201 00"));
  CHECK(routed("01 89 07 04 c0000201"));
  CHECK(routed("94 04 0000 83 03 04 00"));
  CHECK_FALSE(routed("94 04 0000"));
  CHECK_FALSE(routed("00 83 03 04"));
  // Lengths that lead nowhere.
  CHECK_FALSE(routed("94 00 83 83"));
  CHECK_FALSE(routed("94 01 83 83"));
  CHECK_FALSE(routed("94 ff 83 83"));
  CHECK_FALSE(routed("01 01 01 94"));
}

TEST_CASE("an IPv6 header is read as it was written") {
  const Ipv6Header header{.traffic_class = 0xb9,
                          .flow_label = 0xabcde,
                          .payload_bytes = 60,
                          .next_header = 58,
                          .hop_limit = 255,
                          .source = IpAddress::parse("fe80::1"),
                          .destination = IpAddress::parse("ff02::1:ff00:2")};
  std::vector<std::byte> packet(100);
  write_ipv6(packet, header);
  CHECK(parse_ipv6(packet, 100) == header);
  CHECK_FALSE(parse_ipv6(packet, 99));
  CHECK_FALSE(parse_ipv6(Bytes(packet).first(39), 100));
  CHECK(parse_quoted_ipv6(Bytes(packet).first(48)) == header);
  packet[0] = std::byte{0x45};
  CHECK_FALSE(parse_ipv6(packet, 100));
}

TEST_CASE("an ICMP header is read as it was written") {
  const Icmp4Header header{Icmp4Type::unreachable, 4, 0x000005dc};
  std::array<std::byte, 8> message{};
  write_icmp4(message, header);
  CHECK(parse_icmp4(message) == header);
  CHECK_FALSE(parse_icmp4(Bytes(message).first(7)));
  CHECK(is_icmp4_error(Icmp4Type::unreachable));
  CHECK_FALSE(is_icmp4_error(Icmp4Type::echo));
}

TEST_CASE("a UDP header is read as it was written, and its length is believed only so far") {
  const UdpHeader header{53, 40'000, 12, 0x1234};
  std::array<std::byte, 12> datagram{};
  write_udp(datagram, header);
  CHECK(parse_udp(datagram, 12) == header);
  CHECK_FALSE(parse_udp(datagram, 11));
  CHECK_FALSE(parse_udp(Bytes(datagram).first(7), 12));
  write_u16(datagram, 4, 7);
  CHECK_FALSE(parse_udp(datagram, 12));
}
