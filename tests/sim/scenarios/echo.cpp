// The echo service of examples/echo, unchanged, and clients that send, are cancelled, give up and
// come back.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <system_error>
#include <vector>

#include "examples/echo/echo.hpp"
#include "sundog/io/sim/stack.hpp"
#include "sundog/io/sim/trouble.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/sim/scenarios/scenarios.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

namespace sundog::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t echo_port = 7;
constexpr std::size_t bytes_max = 2000;
constexpr Duration first_patience = 1s;
constexpr Duration patience_max = 10min;

Task<void> serve(Host& host) {
  co_await echo::serve(SimStack(host).listen(Endpoint::any(echo_port)));
}

Task<void> send_in_pieces(World& world, SimFlow& flow, Bytes bytes) {
  while (!bytes.empty()) {
    const std::size_t count = world.prng().between(1, bytes.size());
    co_await flow.write(bytes.first(count));
    bytes = bytes.subspan(count);
    if (world.prng().below(4) == 0) co_await sleep(world.prng().between(0ns, 50ms));
  }
  co_await flow.shutdown();
}

// One connection: what comes back must be what was sent, and all of it if it ends in order.
Task<void> exchange(Host& host, Endpoint server, Bytes sent) {
  World& world = host.world();
  const bool server_may_drop = world.faults().runs_short_of_memory();
  SimFlow flow = co_await SimStack(host).connect(server);
  const auto body = [&](Scope& tasks) -> Task<void> {
    tasks.spawn(send_in_pieces(world, flow, sent));
    std::vector<std::byte> buffer(world.prng().between(1, bytes_max));
    Bytes expected = sent;
    for (;;) {
      const std::size_t count = co_await flow.read(buffer);
      if (count == 0) break;
      if (count > expected.size() ||
          !std::equal(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(count),
                      buffer.begin())) {
        world.fail("echo: other bytes came back");
        co_return;
      }
      expected = expected.subspan(count);
    }
    if (expected.empty()) co_return;
    // A server without memory drops its connections, and dropping is an end like any other.
    if (server_may_drop) throw std::system_error(std::make_error_code(std::errc::io_error));
    world.fail("echo: the stream ended before everything came back");
  };
  co_await scope(body);
}

Task<void> be_a_client(Host& host, Endpoint server) {
  Prng& prng = host.world().prng();
  std::vector<std::byte> sent(prng.between(0, bytes_max));
  for (std::byte& byte : sent) byte = static_cast<std::byte>(prng.next());
  Duration patience = first_patience;
  for (bool again = false;; again = true) {
    try {
      if (again) co_await sleep(prng.between(0ns, 1s));
      const bool done = co_await try_timeout(exchange(host, server, sent), patience);
      if (done) co_return;
      patience = std::min<Duration>(2 * patience, patience_max);
    } catch (const std::exception& error) {
      expect_trouble(error);  // then there is another connection
    }
    co_await yield();
  }
}

Task<void> be_clients(Host& host, Endpoint server, std::uint64_t count) {
  const auto body = [&](Scope& tasks) -> Task<void> {
    for (std::uint64_t i = 0; i < count; ++i) tasks.spawn(be_a_client(host, server));
    co_return;
  };
  co_await scope(body);
}

}  // namespace

void simulate_echo(World& world) {
  constexpr std::uint64_t hosts_max = 3;
  constexpr std::uint64_t clients_max = 4;
  Host& server = world.add_host("server");
  server.allow_power_cuts();
  const auto serve_here = [&] { return serve(server); };
  server.start([&] { return until_it_works(serve_here); }, Host::Duty::serve);
  const std::uint64_t host_count = world.prng().between(1, hosts_max);
  for (std::uint64_t i = 0; i < host_count; ++i) {
    Host& client = world.add_host("client" + std::to_string(i));
    const std::uint64_t client_count = world.prng().between(1, clients_max);
    const auto be_all = [&client, &server, client_count] {
      return be_clients(client, server.endpoint(echo_port), client_count);
    };
    client.start([be_all] { return until_it_works(be_all); });
  }
  world.run();
}

}  // namespace sundog::sim
