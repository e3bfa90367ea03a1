// What io_uring leaves to the caller: full and overflowing queues, races of cancellation, one
// system call a turn.
#include "sundog/io/unix/uring/poller.hpp"

#include <sys/eventfd.h>

#include <vector>

#include "sundog/io/loop.hpp"
#include "sundog/io/unix/pipe.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/hooks.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/allocations.hpp"
#include "tests/catch.hpp"
#include "tests/unix/run_on_uring.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

Task<void> ping(Socket& flow, int rounds) {
  std::array<std::byte, 64> buffer;
  for (int i = 0; i < rounds; ++i) {
    co_await flow.write(as_bytes("ping"));
    const std::size_t count = co_await flow.read(buffer);
    if (count == 0) FAIL("the peer has finished too early");
  }
}

Task<void> read_one(Socket& flow) {
  std::byte byte;
  static_cast<void>(co_await flow.read(std::span(&byte, 1)));
}

}  // namespace

TEST_CASE("a million operations pass through 8 submission and 8 completion entries") {
  // 50 pairs, 5,000 rounds, a write and a read on both sides of each.
  constexpr int pairs = 50;
  constexpr int rounds = 5'000;
  auto all = []() -> Task<void> {
    std::vector<std::pair<Socket, Socket>> sockets;
    for (int i = 0; i < pairs; ++i) sockets.push_back(Socket::pair());
    co_await scope([&](Scope& tasks) -> Task<void> {
      for (auto& [a, b] : sockets) {
        tasks.spawn(ping(a, rounds));
        tasks.spawn(ping(b, rounds));
      }
      co_return;
    });
  };
  test::run_on_uring(all(), 8, 8);
}

TEST_CASE("more requests than the submission queue holds begin in one turn and none is lost") {
  auto all = []() -> Task<void> {
    std::vector<std::pair<Socket, Socket>> sockets;
    for (int i = 0; i < 500; ++i) sockets.push_back(Socket::pair());
    co_await scope([&](Scope& tasks) -> Task<void> {
      for (auto& [a, b] : sockets) tasks.spawn(read_one(a));
      co_await yield();
      for (auto& [a, b] : sockets) co_await b.write(as_bytes("x"));
    });
  };
  test::run_on_uring(all(), 2, 4);
}

TEST_CASE(
    "requests that wait for a place in the submission queue can be cancelled, as can those under "
    "way") {
  auto all = []() -> Task<void> {
    std::vector<std::pair<Socket, Socket>> sockets;
    for (int i = 0; i < 200; ++i) sockets.push_back(Socket::pair());
    for (int round = 0; round < 20; ++round) {
      co_await scope([&](Scope& tasks) -> Task<void> {
        for (auto& [a, b] : sockets) tasks.spawn(read_one(a));
        for (int turn = 0; turn < round % 4; ++turn) co_await yield();
        tasks.cancel_tasks();
      });
    }
    // Nothing is left over: the same sockets still work.
    co_await scope([&](Scope& tasks) -> Task<void> {
      for (auto& [a, b] : sockets) tasks.spawn(read_one(a));
      for (auto& [a, b] : sockets) co_await b.write(as_bytes("x"));
    });
  };
  test::run_on_uring(all(), 4, 8);
}

TEST_CASE("an echo in steady state makes at most one system call a turn, and no allocation") {
  auto all = []() -> Task<void> {
    UnixPoller& poller = UnixPoller::current();
    std::uint64_t turns = 0;
    const Hook count_turns = before_wait([&] { ++turns; });
    auto sockets = Socket::pair();
    auto& [client, server] = sockets;
    auto serve = [&]() -> Task<void> {
      std::array<std::byte, 64> buffer;
      for (;;) {
        const std::size_t count = co_await server.read(buffer);
        if (count == 0) co_return;
        co_await server.write(std::span(buffer).first(count));
      }
    };
    auto ask = [&]() -> Task<void> {
      co_await ping(client, 100);
      const std::uint64_t calls_before = poller.system_call_count();
      const std::uint64_t turns_before = turns;
      const std::uint64_t allocations_before = test::allocation_count();
      co_await ping(client, 1000);
      const std::uint64_t allocations = test::allocation_count() - allocations_before;
      REQUIRE(poller.system_call_count() - calls_before <= turns - turns_before + 1);
#if !SUNDOG_POOL_BYPASSED
      REQUIRE(allocations == 0);
#else
      static_cast<void>(allocations);
#endif
      co_await client.shutdown();
    };
    co_await join(serve(), ask());
  };
  test::run_on_uring(all());
}

TEST_CASE("a program with nothing to do blocks in one system call until its deadline") {
  auto all = []() -> Task<void> {
    UnixPoller& poller = UnixPoller::current();
    co_await sleep(1ms);
    const std::uint64_t before = poller.system_call_count();
    co_await sleep(200ms);
    REQUIRE(poller.system_call_count() - before <= 3);
  };
  test::run_on_uring(all(), 8, 8);
}
