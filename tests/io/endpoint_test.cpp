#include "sundog/io/endpoint.hpp"

#include <stdexcept>
#include <string>

#include "sundog/io/parameters.hpp"
#include "tests/catch.hpp"

using namespace sundog;

static_assert(Endpoint::parse("127.0.0.1:80") == Endpoint::loopback(80));
static_assert(Endpoint::parse("[::]:80") == Endpoint::any(80));
static_assert(!Endpoint::try_parse("127.0.0.1"));

TEST_CASE("an endpoint is read and printed in the same form") {
  for (const char* text : {"127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:8080",
                           "[2001:db8::17]:53", "[fe80::1%eth0]:53", "[fe80::1%1]:80"}) {
    INFO(text);
    CHECK(Endpoint::parse(text).to_string() == text);
  }
}

TEST_CASE("what is no endpoint is refused with a sentence that quotes it") {
  using namespace std::string_literals;
  for (const std::string& text : {""s,
                                  ":"s,
                                  ":80"s,
                                  "127.0.0.1"s,
                                  "127.0.0.1:"s,
                                  "127.0.0.1:65536"s,
                                  "127.0.0.1:99999"s,
                                  "127.0.0.1:100000"s,
                                  "127.0.0.1:-1"s,
                                  "127.0.0.1:+1"s,
                                  "127.0.0.1: 1"s,
                                  "127.0.0.1:8a"s,
                                  "127.0.0.1:080"s,
                                  "127.0.0.1:80 "s,
                                  "127.0.0.1:80\0"s,
                                  "127.0.0.1\0:80"s,
                                  "127.0.0.1%junk:80"s,
                                  "[127.0.0.1]:80"s,
                                  "localhost:80"s,
                                  "::1:80"s,
                                  "[::1]"s,
                                  "[::1:80"s,
                                  "::1]:80"s,
                                  "[]:80"s,
                                  "[::1]80"s,
                                  "[::1]x:80"s,
                                  "[[::1]]:80"s,
                                  "[::1%]:80"s,
                                  "1.2.3:80"s,
                                  "1.2.3.4.5:80"s,
                                  "/run/echo.sock"s}) {
    INFO(text);
    CHECK_FALSE(Endpoint::try_parse(text));
    CHECK_THROWS_AS(Endpoint::parse(text), std::invalid_argument);
    CHECK_THROWS_WITH(Endpoint::parse(text), Catch::Contains("is no address: "));
  }
  CHECK_THROWS_WITH(Endpoint::parse("::1:80"),
                    "`::1:80' is no address: an IPv6 address needs brackets, as in [::1]:80");
  CHECK_THROWS_WITH(Endpoint::parse("127.0.0.1:65536"),
                    "`127.0.0.1:65536' is no address: the port must be a number from 0 to 65535");
}

TEST_CASE("a parameter takes an endpoint and says what it expects") {
  struct Listening : Parameters {
    Parameter<Endpoint> address{*this, "address", "where to listen", Endpoint::loopback(7)};
  } listening;
  CHECK(listening.address.default_text() == "127.0.0.1:7");
  CHECK(listening.address.set("[::1]:8080"));
  CHECK(*listening.address == Endpoint(IpAddress::loopback_v6(), 8080));
  CHECK_FALSE(listening.address.set("localhost:80"));
  CHECK(listening.address.expects() ==
        "an address and port such as 127.0.0.1:80 or [::1]:80");
}
