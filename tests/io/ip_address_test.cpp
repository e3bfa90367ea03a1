#include "sundog/io/ip_address.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/catch.hpp"

using namespace sundog;

static_assert(IpAddress::parse("192.0.2.1") == IpAddress::v4({192, 0, 2, 1}));
static_assert(IpAddress::parse("::1") == IpAddress::loopback_v6());
static_assert(IpAddress::parse("fe80::1%eth0").zone() == "eth0");
static_assert(!IpAddress::try_parse("192.0.2"));
static_assert(sizeof(IpAddress) == 32);

TEST_CASE("an IP address is read and printed in the same form") {
  for (const char* text :
       {"0.0.0.0", "127.0.0.1", "255.255.255.255", "1.20.3.40", "::", "::1", "1::", "2001:db8::17",
        "2001:db8:1:2:3:4:5:6", "fe80::1%eth0", "fe80::1%2", "febf::1%02", "ff01::1%lo",
        "ff12::1%2", "ff02::fb%a-very-long.nam", "::ffff:192.0.2.1", "64:ff9b::c000:201"}) {
    INFO(text);
    CHECK(IpAddress::parse(text).to_string() == text);
  }
}

TEST_CASE("an IPv6 address is printed as RFC 5952 says") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"2001:0db8::0001", "2001:db8::1"},                // no leading zeros
      {"2001:DB8::FFFF", "2001:db8::ffff"},              // small letters
      {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},         // zeros shortened
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // but not one group alone
      {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},        // the longest run
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},  // the first of the longest
      {"0:0:0:0:0:0:0:0", "::"},
      {"1:0:0:0:0:0:0:0", "1::"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"::ffff:c000:0201", "::ffff:192.0.2.1"},  // IPv4-mapped
      {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
      {"1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"},
      {"::1.2.3.4", "::102:304"},
  };
  for (const auto& [text, printed] : cases) {
    INFO(text);
    CHECK(IpAddress::parse(text).to_string() == printed);
  }
}

TEST_CASE("what is no IP address is refused with a sentence that quotes it") {
  using namespace std::string_literals;
  for (const std::string& text : {""s,
                                  "1.2.3"s,
                                  "1.2.3.4.5"s,
                                  "1.2.3.256"s,
                                  "01.2.3.4"s,
                                  "1.2.3.04"s,
                                  "1..2.3"s,
                                  "1.2.3."s,
                                  ".1.2.3"s,
                                  "1.2.3.4 "s,
                                  " 1.2.3.4"s,
                                  "0x1.2.3.4"s,
                                  "1.2.3.4\0"s,
                                  "1.2.3.4%eth0"s,
                                  "1.2.3.4%"s,
                                  "16909060"s,
                                  "localhost"s,
                                  ":"s,
                                  ":::"s,
                                  "1:"s,
                                  ":1"s,
                                  "::1:"s,
                                  ":1::"s,
                                  "1::2::3"s,
                                  "1:2:3:4:5:6:7"s,
                                  "1:2:3:4:5:6:7:8:9"s,
                                  "1:2:3:4:5:6:7:8::"s,
                                  "::1:2:3:4:5:6:7:8"s,
                                  "12345::"s,
                                  "g::"s,
                                  "::1.2.3"s,
                                  "::1.2.3.4:5"s,
                                  "1.2.3.4::"s,
                                  "1:2:3:4:5:6:7:1.2.3.4"s,
                                  "::01.2.3.4"s,
                                  "[::1]"s,
                                  "::1 "s,
                                  "::1\0"s,
                                  "fe80::1%"s,
                                  "fe80::1%a%b"s,
                                  "fe80::1%a/b"s,
                                  "fe80::1%a b"s,
                                  "fe80::1%a]"s,
                                  "fe80::1%\0"s,
                                  "fe80::1%0123456789abcdef"s,
                                  "fe80::1%\xc3\xbc"s,
                                  "::1%lo"s,
                                  "::1%1"s,
                                  "::%lo"s,
                                  "::ffff:1.2.3.4%lo"s,
                                  "2001:db8::1%eth0"s,
                                  "fc00::1%eth0"s,
                                  "ff05::1%eth0"s,
                                  "ff0e::1%eth0"s,
                                  "%eth0"s,
                                  "::+1"s,
                                  "-1::"s}) {
    INFO(text);
    CHECK_FALSE(IpAddress::try_parse(text));
    CHECK_THROWS_AS(IpAddress::parse(text), std::invalid_argument);
  }
  CHECK_THROWS_WITH(IpAddress::parse("1.2.3"),
                    "`1.2.3' is no IP address: neither an IPv4 address, as in 192.0.2.1, nor an "
                    "IPv6 address, as in 2001:db8::1");
  CHECK_THROWS_WITH(IpAddress::parse("127.0.0.1%eth0"),
                    "`127.0.0.1%eth0' is no IP address: only an IPv6 address has a zone");
  CHECK_THROWS_WITH(IpAddress::parse("::1\0"s), Catch::Contains("`::1\\x00'"));
}

TEST_CASE("IP addresses are ordered by family, then number, then zone") {
  std::vector<std::string> sorted;
  std::vector<IpAddress> addresses;
  for (const char* text : {"fe80::1%b", "::1", "10.0.0.1", "fe80::1", "9.255.0.1", "fe80::1%a"}) {
    addresses.push_back(IpAddress::parse(text));
  }
  std::ranges::sort(addresses);
  for (const IpAddress& address : addresses) sorted.push_back(address.to_string());
  CHECK(sorted == std::vector<std::string>{"9.255.0.1", "10.0.0.1", "::1", "fe80::1", "fe80::1%a",
                                           "fe80::1%b"});
}

TEST_CASE("an IP address tells what it stands for") {
  const auto address = [](const char* text) { return IpAddress::parse(text); };
  CHECK((address("0.0.0.0").is_any() && address("::").is_any()));
  CHECK_FALSE(address("0.0.0.1").is_any());
  CHECK((address("127.8.9.1").is_loopback() && address("::1").is_loopback()));
  CHECK_FALSE((address("128.0.0.1").is_loopback() || address("::2").is_loopback()));
  CHECK((address("169.254.3.4").is_link_local() && address("febf::1").is_link_local()));
  CHECK_FALSE((address("169.253.3.4").is_link_local() || address("fec0::1").is_link_local()));
  CHECK((address("239.255.0.1").is_multicast() && address("ff02::1").is_multicast()));
  CHECK_FALSE((address("240.0.0.1").is_multicast() || address("fe02::1").is_multicast()));
}

TEST_CASE("an IPv4 address is mapped into IPv6 and back") {
  const IpAddress four = IpAddress::parse("192.0.2.1");
  const IpAddress six = IpAddress::parse("2001:db8::1");
  CHECK(four.mapped() == IpAddress::parse("::ffff:192.0.2.1"));
  CHECK(four.mapped().is_v4_mapped());
  CHECK(four.mapped().unmapped() == four);
  CHECK((six.mapped() == six && six.unmapped() == six && four.unmapped() == four));
}

TEST_CASE("an address is the same in another zone, but not equal") {
  const IpAddress plain = IpAddress::parse("fe80::1");
  CHECK(plain.in_zone("eth0") == IpAddress::parse("fe80::1%eth0"));
  CHECK(plain.in_zone("eth0") != plain);
  CHECK(plain.in_zone("eth0").in_zone("") == plain);
  CHECK(IpAddress::loopback_v6().in_zone("eth0") == IpAddress::loopback_v6());
  CHECK(IpAddress::loopback_v4().in_zone("eth0") == IpAddress::loopback_v4());
}
