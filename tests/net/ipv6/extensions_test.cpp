// The chain of IPv6's headers (RFC 8200 section 4): what is passed, where it ends, and what is
// refused how.
#include "sundog/io/net/wire/ipv6_extensions.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/net/wire/icmp6.hpp"
#include "tests/catch.hpp"
#include "tests/net/bytes_of.hpp"

using namespace sundog;
using namespace sundog::net::wire;
using test::bytes_of;
using End = Extensions::End;

namespace {

constexpr std::uint8_t udp = 17;

// A packet whose fixed header names `next`, and goes on with these bytes.
std::vector<std::byte> packet(unsigned next, std::string_view behind) {
  std::vector<std::byte> bytes(40);
  bytes[0] = std::byte{0x60};
  bytes[6] = static_cast<std::byte>(next);
  const std::vector<std::byte> more = bytes_of(behind);
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

Extensions follow(unsigned next, std::string_view behind) {
  const std::vector<std::byte> bytes = packet(next, behind);
  return follow_extensions(bytes);
}

}  // namespace

TEST_CASE("a packet without extension headers has its transport behind the fixed header") {
  const Extensions chain = follow(udp, "0000");
  CHECK(chain.end == End::transport);
  CHECK(chain.protocol == udp);
  CHECK(chain.start == 40);
  CHECK(chain.named_at == 6);
}

TEST_CASE("headers are passed in the order in which they come, and say where the transport is") {
  // Hop-by-hop options (16 bytes), destination options, a routing header that is used up.
  const Extensions chain =
      follow(0, "3c01 010c 000000000000000000000000  2b00 0104 00000000  1100 0400 00000000  aaaa");
  CHECK(chain.end == End::transport);
  CHECK(chain.protocol == udp);
  CHECK(chain.start == 40 + 16 + 8 + 8);
  CHECK(chain.named_at == 40 + 16 + 8);
}

TEST_CASE("padding of one byte and of many is skipped (section 4.2)") {
  CHECK(follow(60, "1100 0000 00 0101 00").end == End::transport);
  CHECK(follow(60, "1100 0000 0000 0000").end == End::transport);
}

TEST_CASE("an unknown option is dealt with as its two highest bits say (section 4.2)") {
  CHECK(follow(60, "1100 1e00 0102 0000").end == End::transport);  // 00: skip
  CHECK(follow(60, "1100 5e00 0102 0000").end == End::nothing);    // 01: drop
  const Extensions told = follow(60, "1100 0102 0000 9e00");       // 10: tell
  CHECK(told.end == End::problem);
  CHECK(told.code == static_cast<unsigned>(Icmp6Problem::option));
  CHECK(told.pointer == 46);
  CHECK(told.tell_of_groups);
  const Extensions told_one = follow(0, "1100 de00 0102 0000");  // 11: tell, except of groups
  CHECK(told_one.end == End::problem);
  CHECK(told_one.pointer == 42);
  CHECK_FALSE(told_one.tell_of_groups);
}

TEST_CASE("an option that goes beyond its header is refused") {
  const Extensions longer = follow(60, "1100 1e05 00000000");
  CHECK(longer.end == End::problem);
  CHECK(longer.code == static_cast<unsigned>(Icmp6Problem::field));
  CHECK(longer.pointer == 43);
  // A kind without a length.
  CHECK(follow(60, "1100 0103 000000 1e").pointer == 47);
}

TEST_CASE("a router alert is seen among hop-by-hop options (RFC 2711)") {
  std::vector<std::byte> bytes = packet(0, "0000000000000000 aa");
  write_router_alert(MutableBytes(bytes).subspan(40), 58);
  const Extensions chain = follow_extensions(bytes);
  CHECK(chain.end == End::transport);
  CHECK(chain.protocol == 58);
  CHECK(chain.router_alert);
  CHECK_FALSE(follow(0, "3a00 0104 00000000").router_alert);
}

TEST_CASE("a header of hop-by-hop options stands first or nowhere (section 4.1)") {
  const Extensions chain = follow(60, "0000 0104 00000000 1100 0104 00000000");
  CHECK(chain.end == End::problem);
  CHECK(chain.code == static_cast<unsigned>(Icmp6Problem::next_header));
  CHECK(chain.pointer == 40);
}

TEST_CASE("a routing header that wants the packet sent on is refused (section 4.4, RFC 5095)") {
  for (const char* header : {"1102 0001 00000000 20010db8000000000000000000000001",
                             "1102 0401 00000000 20010db8000000000000000000000001"}) {
    const Extensions chain = follow(43, header);
    CHECK(chain.end == End::problem);
    CHECK(chain.code == static_cast<unsigned>(Icmp6Problem::field));
    CHECK(chain.pointer == 42);
  }
  // Used up, it says nothing any more.
  CHECK(follow(43, "1102 0000 00000000 20010db8000000000000000000000001").end == End::transport);
}

TEST_CASE("a fragment ends the chain, and an atomic one does not (RFC 6946)") {
  const Extensions chain = follow(44, "1100 0009 12345678 3c00");
  CHECK(chain.end == End::fragment);
  CHECK(chain.start == 48);
  CHECK(chain.protocol == udp);
  CHECK(chain.fragment == FragmentHeader{udp, 8, true, 0x12345678});
  const Extensions atomic = follow(44, "3c00 0000 12345678  1100 0104 00000000");
  CHECK(atomic.end == End::transport);
  CHECK(atomic.start == 56);
  CHECK(atomic.fragment->is_atomic());
}

TEST_CASE("a fragment header is read as it was written") {
  for (const bool more : {false, true}) {
    const FragmentHeader header{58, 65'528, more, 0xdeadbeef};
    std::vector<std::byte> bytes(8);
    write_fragment_header(bytes, header);
    CHECK(parse_fragment_header(bytes) == header);
    CHECK_FALSE(parse_fragment_header(Bytes(bytes).first(7)));
  }
}

TEST_CASE("a chain that goes beyond the packet is seen, wherever it is cut") {
  const std::vector<std::byte> whole =
      packet(0, "3c00 0104 00000000  2c01 010c 000000000000000000000000  1100 0001 12345678");
  for (std::size_t size = 40; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(follow_extensions(Bytes(whole).first(size)).end == End::cut_off);
  }
  CHECK(follow_extensions(whole).end == End::fragment);
}

TEST_CASE("nothing is read behind a header that says so, nor in an endless chain") {
  CHECK(follow(59, "ffff").end == End::nothing);
  std::string endless;
  for (int i = 0; i < 20; ++i) endless += "3c00 0104 00000000 ";
  CHECK(follow(60, endless).end == End::nothing);
  std::string options = "1108 ";
  for (int i = 0; i < 35; ++i) options += "1e00 ";
  CHECK(follow(60, options + "00").end == End::nothing);
}
