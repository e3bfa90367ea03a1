// The contract of Resolver, on every implementation.
#include "tests/contracts/resolver.hpp"

#include "tests/contracts/worlds.hpp"

using namespace sundog;

TEST_CASE("the host's resolver keeps the contract of Resolver") {
  contract::resolver(contract::OnThisHost());
}

TEST_CASE("a simulated host's resolver keeps the contract of Resolver") {
  contract::resolver(contract::Simulated());
}

TEST_CASE("a simulated host's name is the same in capitals, and with a dot at its end") {
  contract::Simulated().run([](contract::Simulated& in) -> Task<void> {
    auto resolver = in.resolver();
    const auto addresses = co_await resolver.resolve("oTHER.");
    CHECK(addresses.front() == in.known_address);
  });
}

TEST_CASE("a name that no simulated host has is not found, and the error names it") {
  contract::Simulated().run([](contract::Simulated& in) -> Task<void> {
    auto resolver = in.resolver();
    std::string what;
    try {
      static_cast<void>(co_await resolver.resolve("nobody"));
    } catch (const std::system_error& error) {
      CHECK(error.code() == ResolveError::name_not_found);
      what = error.what();
    }
    CHECK_THAT(what, Catch::Contains("nobody"));
  });
}

TEST_CASE("where every question gets lost, a simulated resolver gives up") {
  sim::FaultPlan faults;
  faults.set(sim::Fault::datagram_loss, sim::always_ppm);
  sim::World world(1, faults);
  sim::Host& host = world.add_host("host");
  host.start([&]() -> Task<void> {
    sim::SimResolver resolver(host);
    const auto error = co_await contract::error_of(resolver.resolve("host"));
    CHECK(error == ResolveError::try_again);
  });
  world.run();
}
