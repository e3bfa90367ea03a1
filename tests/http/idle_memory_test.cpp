// What an idle connection holds of memory, in bytes; and that it is given back.
#include <array>
#include <string>
#include <vector>

#include "sundog/io/http/server.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/frame_pool.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/allocations.hpp"
#include "tests/catch.hpp"
#include "tests/unix/each_poller.hpp"

using namespace sundog;
using namespace sundog::http;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t idle_bytes_max = 4096;

const auto handler = [](auto& exchange) -> Task<void> {
  exchange.start(Status::ok);
  co_await exchange.send("hello");
};

// Asks once and reads the answer: the connection is idle then.
Task<void> ask(Socket& client) {
  co_await client.write(as_bytes("GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: somebody\r\n\r\n"));
  std::array<std::byte, 1024> answer;
  const std::size_t count = co_await client.read(answer);
  if (count == 0) throw std::runtime_error("no answer");
}

}  // namespace

TEST_CASE("an idle connection holds at most 4 KB, and nothing is left of it when it has closed") {
  test::on_each_poller([]() -> Task<void> {
    constexpr std::size_t count = 400;
    // Each frame by itself: what a pool has in reserve would hide what is used.
    const FramePool::Bypass bypass;
    Acceptor listener(Address::loopback(0));
    const Address address = listener.local_address();
    Server server(std::move(listener), handler, ServerOptions());
    std::vector<Socket> clients;
    clients.reserve(2 * count);
    const auto come = [&]() -> Task<void> {
      clients.push_back(co_await Socket::connect(address));
      co_await ask(clients.back());
    };
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(server.run());
      // Tables grow to what is needed, and pools are filled.
      for (std::size_t i = 0; i < count; ++i) co_await come();
      const std::int64_t before = test::live_allocated_bytes();
      for (std::size_t i = 0; i < count; ++i) co_await come();
      const std::int64_t each =
          (test::live_allocated_bytes() - before) / static_cast<std::int64_t>(count);
      INFO(each << " bytes for each idle connection");
      CHECK(server.connection_count() == 2 * count);
      CHECK(each <= idle_bytes_max);
      clients.clear();
      while (server.connection_count() > 0) co_await sleep(1ms);
      const std::int64_t left = test::live_allocated_bytes() - before;
      INFO(left << " bytes more than with half as many");
      CHECK(left < -static_cast<std::int64_t>(count) * 500);
      server.stop();
    });
  });
}

TEST_CASE("what many connections had of the pools is given back when they are gone") {
  if (SUNDOG_POOL_BYPASSED != 0) return;
  test::on_each_poller([]() -> Task<void> {
    constexpr std::size_t count = ReturnOfMemory::peak_min + 50;
    Acceptor listener(Address::loopback(0));
    const Address address = listener.local_address();
    Server server(std::move(listener), handler, ServerOptions());
    std::vector<Socket> clients;
    clients.reserve(count);
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(server.run());
      const std::int64_t before = test::live_allocated_bytes();
      for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(co_await Socket::connect(address));
        co_await ask(clients.back());
      }
      const std::int64_t loaded = test::live_allocated_bytes();
      INFO(loaded - before << " bytes for all");
      clients.clear();
      while (server.connection_count() > 0) co_await sleep(1ms);
      co_await sleep(ReturnOfMemory::pause + 50ms);
      const std::int64_t left = test::live_allocated_bytes() - before;
      INFO(left << " bytes are left");
      CHECK(left < (loaded - before) / 3);
      server.stop();
    });
  });
}
