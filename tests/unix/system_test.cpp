// The host's stack, wall clock and entropy, as the concepts promise them.
#include "sundog/io/unix/system.hpp"

#include <array>
#include <chrono>

#include "sundog/io/datagram.hpp"
#include "sundog/io/unix/stack.hpp"
#include "sundog/runtime/join.hpp"
#include "tests/contracts/random.hpp"
#include "tests/contracts/wall_clock.hpp"
#include "tests/unix/each_poller.hpp"

using namespace sundog;
using test::on_each_poller;

static_assert(Datagram<Datagrams>);

namespace {

Task<Socket> accept_one(Listener auto& listener) {
  auto flow = co_await listener.accept();
  co_return flow;
}

// Knows nothing but the concept.
Task<std::size_t> exchange(Stack auto stack, auto address, auto where_of) {
  auto listener = stack.listen(address);
  auto flows = co_await join(stack.connect(where_of(listener)), accept_one(listener));
  auto& [client, server] = flows;
  co_await client.write(as_bytes("hello"));
  std::array<std::byte, 16> buffer;
  const std::size_t count = co_await server.read(buffer);
  co_return count;
}

}  // namespace

TEST_CASE("a service that knows only the Stack concept connects over the host's sockets") {
  on_each_poller([]() -> Task<void> {
    const auto where = [](const Acceptor& listener) { return listener.local_address(); };
    const std::size_t count = co_await exchange(HostStack(), Address::loopback(0), where);
    REQUIRE(count == 5);
  });
}

TEST_CASE("the wall clock agrees with the C++ library's") {
  const HostWallClock clock;
  const auto before = std::chrono::system_clock::now();
  const WallTime now = clock.now();
  const auto after = std::chrono::system_clock::now();
  REQUIRE(now >= before);
  REQUIRE(now <= after);
}

TEST_CASE("the host's clock keeps the contract of WallClock") {
  on_each_poller([] { return contract::wall_clock(HostWallClock()); });
}

TEST_CASE("the kernel's generator keeps the contract of Random") {
  contract::random([] { return HostRandom(); });
}

TEST_CASE("random bytes can be waited for, and are there at once on a machine that is up") {
  on_each_poller([]() -> Task<void> {
    HostRandom random = co_await HostRandom::connect();
    std::array<std::byte, 16> bytes{};
    random.fill(bytes);
    CHECK(bytes != std::array<std::byte, 16>{});
  });
}
