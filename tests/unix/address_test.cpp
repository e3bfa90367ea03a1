#include "sundog/io/unix/address.hpp"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>

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
  for (const char* text : {"",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:65536",
                           "127.0.0.1:-1",
                           "127.0.0.1:8a",
                           "localhost:80",
                           "::1:80",
                           "[::1]",
                           "[::1:80",
                           "1.2.3:80",
                           "1.2.3.4.5:80",
                           "[fe80::1%nosuchzone0]:80",
                           "127.0.0.1%junk:80",
                           "[127.0.0.1]:80",
                           "[fe80::1%0]:80",
                           "[fe80::1%4294967296]:80",
                           "@",
                           "[::1%lo]:80",
                           "[::ffff:1.2.3.4%lo]:80",
                           "./",
                           ".///./"}) {
    INFO(text);
    REQUIRE_THROWS_AS(Address::parse(text), std::invalid_argument);
    REQUIRE_THROWS_WITH(Address::parse(text), Catch::Contains("is no address"));
  }
}

TEST_CASE("a local socket's path may have 107 bytes and not one more") {
  REQUIRE(Address::local(std::string(107, 'p')).to_string() == "./" + std::string(107, 'p'));
  REQUIRE_THROWS_AS(Address::local(std::string(108, 'p')), std::invalid_argument);
}

TEST_CASE("a relative path is printed so that it is read as one") {
  for (const char* path : {"rel", "a/b", "./rel", ".//./rel", "../up", "./../up", "..", "./@name",
                           ".hidden", "127.0.0.1:80", "[::1]:80"}) {
    INFO(path);
    const Address address = Address::local(path);
    CHECK(Address::parse(address.to_string()) == address);
  }
  CHECK(Address::local("rel").to_string() == "./rel");
  CHECK(Address::local("rel") == Address::parse("./rel"));
  CHECK(Address::local("./@name") != Address::local("@name"));
  CHECK(Address::local("./@name").is_path());
  CHECK_FALSE(Address::local("@name").is_path());
}

TEST_CASE("equal addresses are equal, and a port tells them apart") {
  REQUIRE(Address::parse("[::1]:80") == Address::ip("::1", 80));
  REQUIRE_FALSE(Address::parse("[::1]:80") == Address::ip("::1", 81));
  REQUIRE_FALSE(Address::parse("127.0.0.1:80") == Address::ip("::1", 80));
}

TEST_CASE("a zone is the name or the number of an interface") {
  const std::string number = std::to_string(::if_nametoindex("lo"));
  const Address by_name = Address::parse("[fe80::1%lo]:80");
  CHECK(by_name == Address::parse("[fe80::1%" + number + "]:80"));
  CHECK(by_name == Address::parse("[fe80::1%00" + number + "]:80"));
  CHECK(by_name.to_string() == "[fe80::1%lo]:80");
  CHECK(by_name == Endpoint::parse("[fe80::1%lo]:80"));
  // A number is taken as it is, as of an interface that will come.
  CHECK(Address::parse("[fe80::1%99999]:80").to_string() == "[fe80::1%99999]:80");
  CHECK_THROWS_AS(Address(Endpoint::parse("[fe80::1%nosuchzone0]:80")), std::system_error);
}

TEST_CASE("an address is an endpoint and back, unless it is a local socket's") {
  for (const char* text : {"127.0.0.1:80", "[::1]:8080", "[2001:db8::17]:53", "[fe80::1%lo]:7"}) {
    INFO(text);
    const Endpoint endpoint = Endpoint::parse(text);
    CHECK(Endpoint(Address(endpoint)) == endpoint);
    CHECK(Address(endpoint).port() == endpoint.port());
  }
  CHECK_FALSE(Address::local("/run/echo.sock").is_ip());
  try {
    static_cast<void>(Endpoint(Address::local("/run/echo.sock")));
    FAIL("it became an endpoint");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::address_family_not_supported);
    CHECK_THAT(error.what(), Catch::Contains("/run/echo.sock"));
  }
}

TEST_CASE("a local socket's path is not cut at a zero byte, but refused") {
  using namespace std::string_literals;
  for (const std::string& path : {"/run/a\0b"s, "./\0"s, "@name\0"s}) {
    CHECK_THROWS_AS(Address::parse(path), std::invalid_argument);
    CHECK_THROWS_WITH(Address::parse(path), Catch::Contains("zero byte"));
  }
}

TEST_CASE("a parameter takes an endpoint or a local socket's path") {
  using Type = ParameterType<Address>;
  CHECK(Type::parse("[::1]:80") == Address::parse("[::1]:80"));
  CHECK(Type::parse("/run/echo.sock") == Address::local("/run/echo.sock"));
  CHECK_FALSE(Type::parse("localhost:80"));
  CHECK_FALSE(Type::parse("[fe80::1%nosuchzone0]:80"));
}

namespace {

// Texts that are addresses or nearly so.
std::string draw_text(std::mt19937& random) {
  constexpr std::string_view letters = "0123456789abcdefF::::....x%";
  constexpr std::array<std::string_view, 8> pieces = {"::",      "0:0",     "255", ".256",
                                                      "::ffff:", "1.2.3.4", "01",  "ffff:"};
  std::string text;
  const unsigned count = random() % 12;
  for (unsigned i = 0; i < count; ++i) {
    if (random() % 3 == 0) {
      text += pieces[random() % pieces.size()];
    } else {
      text += letters[random() % letters.size()];
    }
  }
  return text;
}

}  // namespace

TEST_CASE("addresses are read as the C library reads them") {
  std::mt19937 random(1);
  int valid_count = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string text = draw_text(random);
    if (text.find('%') != std::string::npos) continue;
    INFO(text);
    std::array<std::uint8_t, 16> expected{};
    const bool is_v4 = ::inet_pton(AF_INET, text.c_str(), expected.data()) == 1;
    const bool is_v6 = !is_v4 && ::inet_pton(AF_INET6, text.c_str(), expected.data()) == 1;
    const auto address = IpAddress::try_parse(text);
    REQUIRE(address.has_value() == (is_v4 || is_v6));
    if (!address) continue;
    ++valid_count;
    REQUIRE(address->is_v4() == is_v4);
    REQUIRE(std::ranges::equal(address->bytes(), std::span(expected).first(is_v4 ? 4 : 16)));
  }
  CHECK(valid_count > 1000);
}

TEST_CASE("addresses are printed as the C library prints them, and read again the same") {
  std::mt19937 random(2);
  for (int i = 0; i < 100'000; ++i) {
    std::array<std::uint8_t, 16> bytes{};
    // Groups of zeros are frequent.
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
      if (random() % 2 == 0) continue;
      bytes[at] = static_cast<std::uint8_t>(random() % 4 == 0 ? 0 : random());
      bytes[at + 1] = static_cast<std::uint8_t>(random());
    }
    if (random() % 16 == 0) {
      std::fill_n(bytes.begin(), 10, std::uint8_t{0});
      bytes[10] = bytes[11] = 0xff;
    }
    const IpAddress address = IpAddress::v6(bytes);
    std::array<char, INET6_ADDRSTRLEN> expected{};
    ::inet_ntop(AF_INET6, bytes.data(), expected.data(), expected.size());
    const std::string text = address.to_string();
    INFO(expected.data());
    REQUIRE(IpAddress::parse(text) == address);
    // Those are deprecated (RFC 4291 section 2.5.5.1), and the C library alone has dots in them.
    const bool is_v4_compatible =
        std::ranges::all_of(std::span(bytes).first(12), [](auto byte) { return byte == 0; });
    if (!is_v4_compatible) REQUIRE(text == expected.data());
  }
}
