// How many connections each client has.
#include "sundog/io/http/clients.hpp"

#include <optional>

#include "tests/catch.hpp"

using namespace sundog;
using namespace sundog::http;

TEST_CASE("a client is let in as often as it may be, and again when a visit has ended") {
  constexpr IpAddress one = IpAddress::parse("192.0.2.1");
  constexpr IpAddress other = IpAddress::parse("2001:db8::1");
  Clients clients;
  Clients::Visit first = clients.enter(one, 2);
  std::optional<Clients::Visit> second = clients.enter(one, 2);
  CHECK(first);
  CHECK(*second);
  CHECK_FALSE(clients.enter(one, 2));
  CHECK(clients.enter(other, 2));
  CHECK(clients.count() == 1);
  Clients::Visit moved = std::move(*second);
  second.reset();
  CHECK_FALSE(clients.enter(one, 2));
  {
    const Clients::Visit gone = std::move(moved);
  }
  CHECK(clients.enter(one, 2));
  first = Clients::Visit();
  CHECK(clients.count() == 0);
}
