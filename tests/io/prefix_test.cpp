#include "sundog/io/prefix.hpp"

#include <stdexcept>
#include <string>

#include "tests/catch.hpp"

using namespace sundog;

static_assert(Prefix::parse("192.0.2.7/24").network() == IpAddress::parse("192.0.2.0"));

TEST_CASE("a prefix is read and printed in the same form, its host's bits included") {
  for (const char* text : {"0.0.0.0/0", "192.0.2.7/24", "10.0.0.1/32", "::/0", "2001:db8::1/32",
                           "::1/128", "fe80::1%eth0/64"}) {
    INFO(text);
    CHECK(Prefix::parse(text).to_string() == text);
  }
}

TEST_CASE("what is no prefix is refused with a sentence that quotes it") {
  for (const std::string text :
       {"", "/", "192.0.2.7", "192.0.2.7/", "192.0.2.7/33", "192.0.2.7/024", "192.0.2.7/-1",
        "192.0.2.7/24 ", "192.0.2/24", "192.0.2.7/255.255.255.0", "::/129", "[::]/0", "::/64/3",
        "fe80::1/64%eth0"}) {
    INFO(text);
    CHECK_FALSE(Prefix::try_parse(text));
    CHECK_THROWS_AS(Prefix::parse(text), std::invalid_argument);
    CHECK_THROWS_WITH(Prefix::parse(text), Catch::Contains("is no prefix: "));
  }
}

TEST_CASE("a prefix has a first and a last address") {
  const auto ends = [](const char* text) {
    const Prefix prefix = Prefix::parse(text);
    return prefix.network().to_string() + " " + prefix.last().to_string();
  };
  CHECK(ends("192.0.2.77/24") == "192.0.2.0 192.0.2.255");
  CHECK(ends("192.0.2.77/26") == "192.0.2.64 192.0.2.127");
  CHECK(ends("192.0.2.77/31") == "192.0.2.76 192.0.2.77");
  CHECK(ends("192.0.2.77/32") == "192.0.2.77 192.0.2.77");
  CHECK(ends("192.0.2.77/0") == "0.0.0.0 255.255.255.255");
  CHECK(ends("2001:db8::17/125") == "2001:db8::10 2001:db8::17");
  CHECK(ends("fe80::1%lan/10") == "fe80::%lan febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff%lan");
}

TEST_CASE("a prefix contains the addresses of its network, of its own family and zone") {
  const auto contains = [](const char* prefix, const char* address) {
    return Prefix::parse(prefix).contains(IpAddress::parse(address));
  };
  CHECK(contains("192.0.2.7/24", "192.0.2.0"));
  CHECK(contains("192.0.2.7/24", "192.0.2.255"));
  CHECK_FALSE(contains("192.0.2.7/24", "192.0.3.0"));
  CHECK(contains("0.0.0.0/0", "1.2.3.4"));
  CHECK_FALSE(contains("0.0.0.0/0", "::1"));
  CHECK_FALSE(contains("::/0", "1.2.3.4"));
  CHECK_FALSE(contains("192.0.2.0/24", "::ffff:192.0.2.1"));
  CHECK(contains("fe80::/10", "fe80::7%eth0"));
  CHECK(contains("fe80::%eth0/10", "fe80::7%eth0"));
  CHECK_FALSE(contains("fe80::%eth0/10", "fe80::7%eth1"));
  CHECK_FALSE(contains("fe80::%eth0/10", "fe80::7"));
}
