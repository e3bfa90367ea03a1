// The io_uring poller and the sockets above it, as in production, on a simulated kernel.
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "examples/echo/echo.hpp"
#include "sundog/io/loop.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/io/unix/uring/poller.hpp"
#include "sundog/runtime/pick.hpp"
#include "tests/catch.hpp"
#include "tests/sim/ring/kernel.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using sundog::sim::ring::Peer;
using sundog::sim::ring::RingKernel;

namespace {

constexpr std::size_t peers_max = 12;
constexpr std::size_t script_bytes_max = 20'000;
// Its own time: everything ends long before that, or never.
constexpr std::int64_t world_ns_max = 3'600'000'000'000;

void add_peers(RingKernel& kernel) {
  for (std::uint64_t count = kernel.prng().between(1, peers_max); count > 0; --count) {
    auto peer = std::make_unique<Peer>();
    peer->script.resize(kernel.prng().between(0, script_bytes_max >> kernel.prng().below(12)));
    for (std::byte& byte : peer->script) byte = static_cast<std::byte>(kernel.prng().next());
    kernel.peers().push_back(std::move(peer));
  }
}

Task<void> until_all_are_gone(RingKernel& kernel) {
  while (!kernel.all_peers_gone()) {
    co_await sleep(10ms);
    if (kernel.now_ns() > world_ns_max) throw std::runtime_error("the peers are never done");
  }
}

// As examples/echo, with reads that are cancelled in between and begun again.
Task<void> echo_impatiently(RingKernel& kernel, Socket socket) {
  std::array<std::byte, 700> buffer;
  for (;;) {
    const Duration patience = kernel.prng().between(0ns, Duration(1ms));
    const std::optional<std::size_t> count = co_await try_timeout(socket.read(buffer), patience);
    if (!count) continue;
    if (*count == 0) co_return;
    co_await socket.write(std::span(buffer).first(*count));
  }
}
Task<void> echo_impatiently_and_safely(RingKernel& kernel, Socket socket) {
  try {
    co_await echo_impatiently(kernel, std::move(socket));
  } catch (const std::system_error&) {
    // A connection that was reset.
  }
}
Task<void> serve_impatiently(RingKernel& kernel, Acceptor acceptor) {
  const auto body = [&](Scope& connections) -> Task<void> {
    for (;;) {
      const Duration patience = kernel.prng().between(0ns, Duration(2ms));
      std::optional<Socket> socket = co_await try_timeout(acceptor.accept(), patience);
      if (socket) connections.spawn(echo_impatiently_and_safely(kernel, std::move(*socket)));
    }
  };
  co_await scope(body);
}

// Runs a server for the peers of a seed; what went wrong, or an empty text.
template <class Serve>
std::string run_seed(std::uint64_t seed, Serve serve) {
  RingKernel kernel(seed);
  add_peers(kernel);
  {
    // Half of the seeds receive ahead of the readers.
    const std::uint64_t receives_ahead_from =
        kernel.prng().below(2) * UringPoller::receives_ahead_from_default;
    UringPoller poller(kernel.submissions(), kernel.completions(), receives_ahead_from);
    const Current<UnixPoller>::Set current(poller);
    Loop<UnixPoller> loop(poller);
    const auto main = [&]() -> Task<void> {
      Acceptor acceptor(Address::ip("127.0.0.1", 0));
      co_await pick(serve(kernel, std::move(acceptor)), until_all_are_gone(kernel));
    };
    loop.run(main());
  }
  if (!kernel.problem().empty()) return kernel.problem();
  for (const auto& peer : kernel.peers()) {
    if (!peer->content()) return "a peer got other bytes back than it sent, or not all of them";
  }
  return {};
}

}  // namespace

TEST_CASE("the echo service gives every peer its bytes back, whatever the ring does") {
  const auto serve = [](RingKernel&, Acceptor acceptor) {
    return echo::serve(std::move(acceptor));
  };
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    INFO("seed " << seed);
    REQUIRE(run_seed(seed, serve) == "");
  }
}

TEST_CASE("no byte and no connection is lost to cancellation, whatever the ring does") {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    INFO("seed " << seed);
    REQUIRE(run_seed(seed, serve_impatiently) == "");
  }
}
