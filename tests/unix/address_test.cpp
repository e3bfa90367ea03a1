#include "sundog/io/unix/address.hpp"

#include <stdexcept>

#include "tests/catch.hpp"

using namespace sundog;

TEST_CASE("addresses are read and printed in the same form") {
  for (const char* text : {"127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:8080",
                           "[2001:db8::17]:53", "/run/sundog.sock", "./local", "@abstract"}) {
    INFO(text);
    REQUIRE(Address::parse(text).to_string() == text);
  }
}

TEST_CASE("what is no address is refused with a sentence that quotes it") {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                           "127.0.0.1:8a", "localhost:80", "::1:80", "[::1]", "[::1:80",
                           "1.2.3:80", "1.2.3.4.5:80", "[::1%nosuchzone0]:80"}) {
    INFO(text);
    REQUIRE_THROWS_AS(Address::parse(text), std::invalid_argument);
    REQUIRE_THROWS_WITH(Address::parse(text), Catch::Contains("is no address"));
  }
}

TEST_CASE("a local socket's path may have 107 bytes and not one more") {
  REQUIRE(Address::local(std::string(107, 'p')).to_string() == std::string(107, 'p'));
  REQUIRE_THROWS_AS(Address::local(std::string(108, 'p')), std::invalid_argument);
}

TEST_CASE("equal addresses are equal, and a port tells them apart") {
  REQUIRE(Address::parse("[::1]:80") == Address::ip("::1", 80));
  REQUIRE_FALSE(Address::parse("[::1]:80") == Address::ip("::1", 81));
  REQUIRE_FALSE(Address::parse("127.0.0.1:80") == Address::ip("::1", 80));
}
