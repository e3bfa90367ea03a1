// What io/resolver.hpp promises of a Resolver, tried on any.
//
// A World says what the resolver is and how a task runs:
//   world.run(body)      runs body(world), a task, on each machine that has such a resolver
//   world.resolver()     a resolver, from a task
//   world.known_name     a name that it knows, of which one address is world.known_address
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "sundog/io/resolver.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/error_of.hpp"

namespace sundog::contract {

template <Resolver R>
Task<std::vector<IpAddress>> ask(R& resolver, std::string name) {
  co_return co_await resolver.resolve(std::move(name));
}

template <Resolver R>
Task<void> knows(R resolver, std::string name, IpAddress expected) {
  const std::vector<IpAddress> addresses = co_await resolver.resolve(name);
  CHECK(std::ranges::count(addresses, expected) == 1);
  const std::set<IpAddress> each(addresses.begin(), addresses.end());
  CHECK(each.size() == addresses.size());
  const auto endpoints = co_await resolve(resolver, name, 80);
  CHECK(std::ranges::count(endpoints, Endpoint(expected, 80)) == 1);
}

template <Resolver R>
Task<void> takes_numbers_as_they_are(R resolver) {
  for (const char* text : {"192.0.2.7", "2001:db8::7", "fe80::7%eth0"}) {
    const auto endpoints = co_await resolve(resolver, text, 53);
    REQUIRE(endpoints.size() == 1);
    CHECK(endpoints.front() == Endpoint(IpAddress::parse(text), 53));
  }
}

template <Resolver R>
Task<void> refuses_what_is_no_name(R resolver) {
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "."s, ".."s, "a..b"s, ".a"s, "two words"s, "tab\tbed"s, "local\0host"s, "a\n"s,
        std::string(64, 'x'), std::string(64, 'x') + ".org", std::string(127, '.') + "x",
        std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
            std::string(63, 'd')}) {
    INFO(text);
    const auto error = co_await error_of(ask(resolver, text));
    CHECK(error == ResolveError::malformed_name);
  }
}

template <class World>
void resolver(World world) {
  SECTION("a name that is known has its addresses, each once") {
    world.run([](World& in) -> Task<void> {
      co_await knows(in.resolver(), in.known_name, in.known_address);
    });
  }
  SECTION("addresses in numbers are taken as they are") {
    world.run([](World& in) -> Task<void> { co_await takes_numbers_as_they_are(in.resolver()); });
  }
  SECTION("what is not in the form of a name is refused") {
    world.run([](World& in) -> Task<void> { co_await refuses_what_is_no_name(in.resolver()); });
  }
}

}  // namespace sundog::contract
