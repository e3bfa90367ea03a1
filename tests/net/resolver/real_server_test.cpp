// The resolver against a name server of others', dnsmasq (Debian's package dnsmasq-base), on this
// machine's loopback.
#include <unistd.h>

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

#include "sundog/io/net/resolver/resolver.hpp"
#include "sundog/io/unix/process.hpp"
#include "sundog/io/unix/stack.hpp"
#include "sundog/io/unix/system.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/contracts/error_of.hpp"
#include "tests/unix/each_poller.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

constexpr const char* dnsmasq = "/usr/sbin/dnsmasq";
constexpr std::size_t many_addresses = 100;

Process start_dnsmasq(std::uint16_t port) {
  std::vector<std::string> arguments = {dnsmasq,
                                        "--keep-in-foreground",
                                        "--conf-file=/dev/null",
                                        "--no-resolv",
                                        "--no-hosts",
                                        "--pid-file=",
                                        "--user=",
                                        "--listen-address=127.0.0.1",
                                        "--bind-interfaces",
                                        "--port=" + std::to_string(port),
                                        "--local-ttl=60",
                                        "--local=/example.org/",
                                        "--host-record=www.example.org,192.0.2.1,2001:db8::17",
                                        "--cname=alias.example.org,www.example.org",
                                        "--host-record=four.example.org,192.0.2.4"};
  for (std::size_t i = 0; i < many_addresses; ++i) {
    arguments.push_back("--host-record=many.example.org,10.0.0." + std::to_string(i));
  }
  return Process::start(arguments, ProcessStreams().output_to_null().error_to_null());
}

Task<void> ask_dnsmasq() {
  HostStack stack;
  HostRandom random;
  const Endpoint where(stack.listen(Endpoint::loopback(0)).local_address());
  Process server = start_dnsmasq(where.port());
  net::DnsResolver<HostStack, HostRandom> resolver(stack, random, {where});

  // It may not be there yet: then the question is asked again a second later.
  const auto both = co_await resolver.resolve("www.example.org");
  CHECK(both.size() == 2);
  CHECK(std::ranges::count(both, IpAddress::parse("192.0.2.1")) == 1);
  CHECK(std::ranges::count(both, IpAddress::parse("2001:db8::17")) == 1);
  const auto by_alias = co_await resolver.resolve("ALIAS.example.org");
  CHECK(by_alias == both);
  const auto four = co_await resolver.resolve("four.example.org.");
  CHECK(four == std::vector{IpAddress::parse("192.0.2.4")});
  const auto missing = co_await contract::error_of(resolver.resolve("missing.example.org"));
  CHECK(missing == ResolveError::name_not_found);
  // Whom it does not know how to ask about, it refuses.
  const auto elsewhere = co_await contract::error_of(resolver.resolve("www.example.com"));
  CHECK(elsewhere == ResolveError::server_failed);
  // More than a datagram holds.
  const auto many = co_await resolver.resolve("many.example.org");
  CHECK(many.size() == net::addresses_max);
}

}  // namespace

TEST_CASE("the resolver understands dnsmasq: addresses, aliases, refusals, answers over TCP") {
  if (access(dnsmasq, X_OK) != 0) {
    WARN("left out: there is no " << dnsmasq << "; ./sundog depend installs it");
    return;
  }
  test::on_each_poller(ask_dnsmasq);
}
