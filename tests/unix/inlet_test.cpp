// Sockets that receive ahead of their readers, on a ring that does so from the first connection on.
#include "sundog/io/unix/inlet.hpp"

#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sundog/io/loop.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/io/unix/uring/poller.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/unix/each_poller.hpp"
#include "tests/unix/run_on_uring.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace sundog;
using sundog::detail::Inlet;
using namespace std::chrono_literals;

namespace {

void run_receiving_ahead(Task<void> task) {
  test::run_on_uring(std::move(task), UringPoller::submissions_default,
                     UringPoller::completions_default, 0);
}

Task<std::string> read_text(Socket& flow, std::size_t size) {
  std::string text(size, '\0');
  text.resize(co_await flow.read(std::as_writable_bytes(std::span(text))));
  co_return text;
}

// The third read that waits finds an inlet; before it, the socket is asked as usual.
Task<void> open_inlet(Socket& reader, Socket& peer) {
  for (int i = 0; i < 3; ++i) {
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(
          [](Socket& flow) -> Task<void> { CHECK(co_await read_text(flow, 8) == "x"); }(reader));
      co_await sleep(1ms);
      co_await peer.write(as_bytes("x"));
    });
  }
}

// Gives all that comes until the end, by reads of `size` bytes.
Task<std::string> read_to_end(Socket& flow, std::size_t size) {
  std::string all;
  for (;;) {
    const std::string part = co_await read_text(flow, size);
    if (part.empty()) co_return all;
    all += part;
  }
}

// How often this program has found the shared buffers empty.
std::uint64_t times_run_out() {
  std::uint64_t count = 0;
  for (const Probe& probe : probes()) {
    if (std::string_view(probe.name) == "the shared receive buffers ran out") count += probe.count;
  }
  return count;
}

}  // namespace

TEST_CASE(
    "what was received ahead is read in order, by buffers smaller and larger than its pieces") {
  for (const std::size_t read_bytes : {1U, 100U, 5'000U}) {
    auto all = [&]() -> Task<void> {
      auto [reader, peer] = Socket::pair();
      co_await open_inlet(reader, peer);
      const std::string sent = test::pattern(3'000);
      for (std::size_t at = 0; at < sent.size(); at += 500) {
        co_await peer.write(as_bytes(sent.substr(at, 500)));
      }
      peer.close();
      CHECK(co_await read_to_end(reader, read_bytes) == sent);
      CHECK((co_await read_text(reader, 10)).empty());
    };
    run_receiving_ahead(all());
  }
}

TEST_CASE("a reader far behind its peer reads every byte, though little is received ahead") {
  auto all = []() -> Task<void> {
    auto [reader, peer] = Socket::pair();
    co_await open_inlet(reader, peer);
    const std::string sent = test::pattern(2'000'000);
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn([](Socket to, const std::string& text) -> Task<void> {
        co_await to.write(as_bytes(text));
      }(std::move(peer), sent));
      co_await sleep(5ms);
      CHECK(co_await read_to_end(reader, 7'000) == sent);
    });
  };
  run_receiving_ahead(all());
}

TEST_CASE("a read that is cancelled at an inlet leaves what comes for the next") {
  auto all = []() -> Task<void> {
    auto [reader, peer] = Socket::pair();
    co_await open_inlet(reader, peer);
    CHECK_FALSE(co_await try_timeout(read_text(reader, 100), 1ms));
    co_await peer.write(as_bytes("late"));
    co_await sleep(1ms);
    CHECK(co_await read_text(reader, 100) == "late");
  };
  run_receiving_ahead(all());
}

TEST_CASE("a reset comes out of a read after what was received before it") {
  auto all = []() -> Task<void> {
    Acceptor acceptor(Address::parse("127.0.0.1:0"));
    Socket peer = co_await Socket::connect(acceptor.local_address());
    Socket reader = co_await acceptor.accept();
    co_await open_inlet(reader, peer);
    co_await peer.write(as_bytes("last words"));
    co_await sleep(1ms);
    peer.reset_on_close();
    peer.close();
    co_await sleep(1ms);
    CHECK(co_await read_text(reader, 100) == "last words");
    std::error_code error;
    try {
      static_cast<void>(co_await read_text(reader, 100));
    } catch (const std::system_error& failure) {
      error = failure.code();
    }
    CHECK(error == std::errc::connection_reset);
  };
  run_receiving_ahead(all());
}

TEST_CASE("connections that nobody reads do not take the shared buffers from the others") {
  // So many hold pieces_max each that nothing is left.
  constexpr std::size_t silent = ReceivePool::streams.pieces / Inlet::pieces_max + 10;
  auto all = []() -> Task<void> {
    std::vector<std::pair<Socket, Socket>> sockets;
    for (std::size_t i = 0; i < silent + 1; ++i) sockets.push_back(Socket::pair());
    for (auto& [reader, peer] : sockets) co_await open_inlet(reader, peer);
    for (std::size_t round = 0; round < 2 * Inlet::pieces_max; ++round) {
      for (std::size_t i = 0; i < silent; ++i) co_await sockets[i].second.write(as_bytes("piece"));
      co_await sleep(1ms);
    }
    auto& [reader, peer] = sockets.back();
    for (int i = 0; i < 10; ++i) {
      co_await scope([&](Scope& tasks) -> Task<void> {
        tasks.spawn([](Socket& flow) -> Task<void> {
          CHECK(co_await read_text(flow, 100) == "hello");
        }(reader));
        co_await sleep(1ms);
        co_await peer.write(as_bytes("hello"));
      });
    }
    // Nor is any byte of theirs lost.
    sockets[0].second.close();
    CHECK((co_await read_to_end(sockets[0].first, 100)).size() == 5 * 2 * Inlet::pieces_max);
  };
  run_receiving_ahead(all());
}

TEST_CASE("a socket that is closed gives back what was received ahead") {
  // Were a piece lost each time, the buffers would run out, and with them the inlets.
  auto all = []() -> Task<void> {
    for (unsigned i = 0; i < ReceivePool::streams.pieces + 10; ++i) {
      auto [reader, peer] = Socket::pair();
      std::byte byte;
      const auto ahead = [&](Socket& from, Socket& to) -> Task<void> {
        co_await from.write(as_bytes("x"));
        co_await scope([&](Scope& tasks) -> Task<void> {
          tasks.spawn([](Socket& flow, std::byte& into) -> Task<void> {
            static_cast<void>(co_await flow.read(std::span(&into, 1)));
          }(to, byte));
          co_return;
        });
      };
      co_await ahead(peer, reader);
      for (int waits = 0; waits < 2; ++waits) {
        CHECK_FALSE(co_await try_timeout(reader.read(std::span(&byte, 1)), 0ns));
        co_await ahead(peer, reader);
      }
      co_await peer.write(as_bytes("unread"));
    }
  };
  run_receiving_ahead(all());
}

TEST_CASE("a socket that outlives its loop gives back to the next loop what it receives there") {
  std::optional<std::pair<Socket, Socket>> sockets;
  auto first = [&]() -> Task<void> {
    sockets = Socket::pair();
    co_await open_inlet(sockets->first, sockets->second);
  };
  run_receiving_ahead(first());
  const std::uint64_t before = times_run_out();
  auto second = [&]() -> Task<void> {
    for (unsigned i = 0; i < ReceivePool::streams.pieces + 10; ++i) {
      co_await scope([&](Scope& tasks) -> Task<void> {
        tasks.spawn([](Socket& flow) -> Task<void> {
          CHECK(co_await read_text(flow, 8) == "x");
        }(sockets->first));
        co_await yield();
        co_await sockets->second.write(as_bytes("x"));
      });
    }
  };
  run_receiving_ahead(second());
  CHECK(times_run_out() == before);
}

TEST_CASE("a deadlock is noticed though an inlet receives, if no task waits at it") {
  auto all = []() -> Task<void> {
    auto [reader, peer] = Socket::pair();
    co_await open_inlet(reader, peer);
    CHECK_FALSE(co_await try_timeout(read_text(reader, 100), 1ms));
    auto [future, wakener] = wait<int>();
    static_cast<void>(co_await future);
  };
  CHECK_THROWS_AS(run_receiving_ahead(all()), Deadlock);
}
