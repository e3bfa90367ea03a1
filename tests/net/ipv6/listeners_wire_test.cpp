// MLD's and IGMP's messages: what is written is read back, and what others write is understood (RFC
// 3810, RFC 2710, RFC 3376, RFC 2236).
#include <chrono>
#include <vector>

#include "sundog/io/net/wire/checksum.hpp"
#include "sundog/io/net/wire/igmp.hpp"
#include "sundog/io/net/wire/ipv4.hpp"
#include "sundog/io/net/wire/mld.hpp"
#include "tests/catch.hpp"
#include "tests/net/bytes_of.hpp"

using namespace sundog;
using namespace sundog::net::wire;
using namespace std::chrono_literals;
using test::bytes_of;

TEST_CASE("an MLD query is read as it was written, and its length says its version") {
  for (const ListenerVersion version : {ListenerVersion::second, ListenerVersion::third}) {
    const ListenerQuery query{version, IpAddress::parse("ff02::1:ff00:1"), 10s};
    std::vector<std::byte> message(version == ListenerVersion::third ? mld_query_bytes
                                                                     : mld_message_bytes);
    write_mld_query(message, query);
    CHECK(parse_mld_query(message) == query);
    CHECK_FALSE(parse_mld_query(Bytes(message).first(23)));
  }
  // 25 to 27 bytes are no version's (RFC 3810 section 8.1).
  for (std::size_t size = 25; size < 28; ++size) {
    CHECK_FALSE(parse_mld_query(std::vector<std::byte>(size)));
  }
}

TEST_CASE("long response times are written with an exponent (RFC 3810 section 5.1.3)") {
  CHECK(response_units<12>(32'767) == 32'767);
  CHECK(response_units<12>(0x8000) == 32'768);
  CHECK(response_units<12>(0xffff) == 8'387'584);
  // RFC 3376 section 4.1.1.
  CHECK(response_units<4>(127) == 127);
  CHECK(response_units<4>(0x80) == 128);
  CHECK(response_units<4>(0xff) == 31'744);
}

TEST_CASE("MLD reports are as others expect them") {
  const IpAddress group = IpAddress::parse("ff02::1:ff00:1");
  std::vector<std::byte> message(mld_report_bytes + 2 * mld_record_bytes);
  write_mld_report(message, 2);
  write_mld_record(message, 0, ListenerRecord::wanted_by_now, group);
  write_mld_record(message, 1, ListenerRecord::not_wanted, IpAddress::parse("ff02::fb"));
  CHECK(message == bytes_of("8f000000 00000002"
                            "04000000 ff0200000000000000000001ff000001"
                            "03000000 ff0200000000000000000000000000fb"));
  message.resize(mld_message_bytes);
  write_mld_message(message, true, group);
  CHECK(message == bytes_of("83000000 00000000 ff0200000000000000000001ff000001"));
  write_mld_message(message, false, group);
  CHECK(message == bytes_of("84000000 00000000 ff0200000000000000000001ff000001"));
}

TEST_CASE("an IGMP query is read as it was written, and says its version") {
  for (const ListenerVersion version :
       {ListenerVersion::first, ListenerVersion::second, ListenerVersion::third}) {
    const ListenerQuery query{version, IpAddress::parse("239.1.2.3"), 10s};
    std::vector<std::byte> message(version == ListenerVersion::third ? igmp_query_bytes
                                                                     : igmp_message_bytes);
    write_igmp_query(message, query);
    CHECK(parse_igmp_query(message) == query);
    message[0] = std::byte{0x16};
    CHECK_FALSE(parse_igmp_query(message));
  }
  for (const std::size_t size : {0U, 7U, 9U, 11U}) {
    CHECK_FALSE(parse_igmp_query(std::vector<std::byte>(size, std::byte{0x11})));
  }
}

TEST_CASE("IGMP reports are as others expect them, in packets with a router alert") {
  const IpAddress group = IpAddress::parse("239.1.2.3");
  std::vector<std::byte> message(igmp_report_bytes + igmp_record_bytes);
  write_igmp_report(message, 1);
  write_igmp_record(message, 0, ListenerRecord::wanted, group);
  CHECK(message == bytes_of("22000000 00000001 02000000 ef010203"));
  message.resize(igmp_message_bytes);
  write_igmp_message(message, ListenerVersion::second, true, group);
  CHECK(message == bytes_of("16000000 ef010203"));
  write_igmp_message(message, ListenerVersion::second, false, group);
  CHECK(message == bytes_of("17000000 ef010203"));
  write_igmp_message(message, ListenerVersion::first, true, group);
  CHECK(message == bytes_of("12000000 ef010203"));

  std::vector<std::byte> packet(igmp_ip_header_bytes + 8);
  write_igmp_ip_header(packet, IpAddress::parse("192.0.2.1"), igmp_reports_group, 8);
  const auto header = parse_ipv4(packet, packet.size());
  REQUIRE(header);
  CHECK(header->header_bytes == 24);
  CHECK(header->hop_limit == 1);
  CHECK(header->protocol == 2);
  CHECK(header->payload_bytes() == 8);
  CHECK(Bytes(packet)[20] == std::byte{0x94});
}
