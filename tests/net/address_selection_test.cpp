// The examples of RFC 6724 section 10, and what they leave out.
#include "sundog/io/net/address_selection.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "tests/catch.hpp"

using namespace sundog;
using namespace sundog::net;

namespace {

std::vector<Prefix> prefixes(const std::vector<std::string>& texts) {
  std::vector<Prefix> all;
  for (const std::string& text : texts) all.push_back(Prefix::parse(text));
  return all;
}

std::string source(const char* destination, const std::vector<std::string>& own) {
  const auto all = prefixes(own);
  const auto address = select_source(IpAddress::parse(destination), all);
  return address ? address->to_string() : "none";
}

std::string order(const std::vector<std::string>& destinations,
                  const std::vector<std::string>& own) {
  std::vector<IpAddress> addresses;
  for (const std::string& text : destinations) addresses.push_back(IpAddress::parse(text));
  order_destinations(addresses, prefixes(own));
  std::string joined;
  for (const IpAddress& address : addresses) {
    joined += (joined.empty() ? "" : " ") + address.to_string();
  }
  return joined;
}

}  // namespace

TEST_CASE("a source address is chosen by scope, label and prefix (RFC 6724 section 10.1)") {
  CHECK(source("2001:db8:1::1", {"2001:db8:3::1/64", "fe80::1/64"}) == "2001:db8:3::1");
  CHECK(source("ff05::1", {"2001:db8:3::1/64", "fe80::1/64"}) == "2001:db8:3::1");
  CHECK(source("2001:db8:1::1", {"2001:db8:1::1/64", "2001:db8:2::1/64"}) == "2001:db8:1::1");
  CHECK(source("fe80::1", {"fe80::2/64", "2001:db8:1::1/64"}) == "fe80::2");
  CHECK(source("2001:db8:1::1", {"2001:db8:1::2/64", "2001:db8:3::2/64"}) == "2001:db8:1::2");
  const std::vector<std::string> with_6to4 = {"2002:c633:6401::d5e3:7953:13eb:22e8/64",
                                              "2001:db8:1::2/64"};
  CHECK(source("2002:c633:6401::1", with_6to4) == "2002:c633:6401:0:d5e3:7953:13eb:22e8");
  CHECK(source("10.0.0.9", {"192.0.2.1/24", "10.0.0.1/24"}) == "10.0.0.1");
  CHECK(source("8.8.8.8", {"127.0.0.1/8", "10.0.0.1/24"}) == "10.0.0.1");
  CHECK(source("127.0.0.1", {"10.0.0.1/24", "127.0.0.1/8"}) == "127.0.0.1");
}

TEST_CASE("a destination whose family the machine has no address of has no source") {
  CHECK(source("2001:db8::1", {"10.0.0.1/24"}) == "none");
  CHECK(source("192.0.2.1", {"2001:db8::1/64", "::1/128"}) == "none");
  CHECK(source("192.0.2.1", {"127.0.0.1/8"}) == "none");
  CHECK(source("192.0.2.1", {}) == "none");
}

TEST_CASE("destinations are put in order (RFC 6724 section 10.2)") {
  const std::vector<std::string> global_and_link = {"2001:db8:1::2/64", "fe80::1/64",
                                                    "169.254.13.78/16"};
  CHECK(order({"2001:db8:1::1", "198.51.100.121"}, global_and_link) ==
        "2001:db8:1::1 198.51.100.121");
  CHECK(order({"2001:db8:1::1", "198.51.100.121"}, {"fe80::1/64", "198.51.100.117/24"}) ==
        "198.51.100.121 2001:db8:1::1");
  CHECK(order({"2001:db8:1::1", "10.1.2.3"}, {"2001:db8:1::2/64", "fe80::1/64", "10.1.2.4/24"}) ==
        "2001:db8:1::1 10.1.2.3");
  CHECK(order({"2001:db8:1::1", "fe80::1"}, {"2001:db8:1::2/64", "fe80::2/64"}) ==
        "fe80::1 2001:db8:1::1");
  CHECK(order({"2001:db8:1::1", "2001:db8:3ffe::1"},
              {"2001:db8:1::2/64", "2001:db8:3f44::2/64", "fe80::2/64"}) ==
        "2001:db8:1::1 2001:db8:3ffe::1");
  CHECK(order({"2002:c633:6401::1", "2001:db8:1::1"},
              {"2002:c633:6401::2/64", "fe80::2/64", "2001:db8:1::2/64"}) ==
        "2001:db8:1::1 2002:c633:6401::1");
}

TEST_CASE("a machine without IPv6 tries IPv4 first, and one without addresses keeps the order") {
  CHECK(order({"2001:db8::1", "192.0.2.1"}, {"10.0.0.1/24"}) == "192.0.2.1 2001:db8::1");
  CHECK(order({"2001:db8::1", "192.0.2.1"}, {"::1/128", "127.0.0.1/8", "10.0.0.1/24"}) ==
        "192.0.2.1 2001:db8::1");
  CHECK(order({"192.0.2.9", "192.0.2.1", "192.0.2.5"}, {"192.0.2.4/24"}) ==
        "192.0.2.9 192.0.2.1 192.0.2.5");
  CHECK(order({}, {"10.0.0.1/24"}).empty());
}
