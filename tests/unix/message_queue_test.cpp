// Datagram sockets that are read from again and again: on io_uring, what comes is received ahead.
#include "sundog/io/unix/message_queue.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/loop.hpp"
#include "sundog/io/unix/pipe.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/io/unix/uring/poller.hpp"
#include "sundog/runtime/dump.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/hooks.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/allocations.hpp"
#include "tests/unix/each_poller.hpp"
#include "tests/unix/run_on_uring.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using sundog::detail::MessageQueue;
using test::on_each_poller;

namespace {

Task<std::string> receive_text(Datagrams& socket, std::size_t size = 100) {
  std::string text(size, '\0');
  const auto message = co_await socket.receive(std::as_writable_bytes(std::span(text)));
  text.resize(message.size);
  co_return text;
}

Task<void> expect(Datagrams& socket, std::string text) {
  CHECK(co_await receive_text(socket) == text);
}

Task<void> collect(Datagrams& socket, std::vector<std::string>& texts) {
  texts.push_back(co_await receive_text(socket));
}

// From a socket of the kernel's, at once: many go in one turn of the loop.
void send_at_once(const Datagrams& to, int first, int last) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const Address address = to.local_address();
  for (int i = first; i < last; ++i) {
    const std::string text = std::to_string(i);
    if (::sendto(fd, text.data(), text.size(), 0, address.data(), address.size()) < 0) {
      FAIL("a message was not sent");
    }
  }
  ::close(fd);
}

// The second read that waits begins to receive ahead; at the end nobody waits.
Task<void> warm_up(Datagrams& socket) {
  for (int i = 0; i < 3; ++i) {
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(expect(socket, std::to_string(i)));
      co_await sleep(1ms);
      send_at_once(socket, i, i + 1);
    });
  }
}

Task<void> expect_all(Datagrams& socket, int first, int last) {
  for (int i = first; i < last; ++i) {
    const std::string text = co_await receive_text(socket);
    if (text != std::to_string(i)) FAIL("message " << text << " came for " << i);
  }
}

// How often this program has reached a probe.
std::uint64_t times(std::string_view name) {
  std::uint64_t count = 0;
  for (const Probe& probe : probes()) {
    if (probe.name == name) count += probe.count;
  }
  return count;
}
constexpr std::string_view ran_out = "the message pool ran out";

}  // namespace

TEST_CASE("messages are received in their order, whether a task waits for them or not") {
  on_each_poller([]() -> Task<void> {
    Datagrams socket(Address::loopback(0));
    co_await warm_up(socket);
    for (int round = 0; round < 20; ++round) {
      // More than are kept for one socket, fewer than the kernel keeps.
      send_at_once(socket, 0, 150);
      if (round % 2 == 0) co_await sleep(1ms);
      co_await expect_all(socket, 0, 100);
      send_at_once(socket, 150, 200);
      co_await expect_all(socket, 100, 200);
    }
  });
}

TEST_CASE("a message tells its peer and whether it was cut, also one that has waited") {
  on_each_poller([]() -> Task<void> {
    for (const char* host : {"127.0.0.1", "::1"}) {
      Datagrams peer(Address::ip(host, 0));
      Datagrams socket(Address::ip(host, 0));
      std::array<std::byte, 4> buffer;
      for (int round = 0; round < 10; ++round) {
        co_await peer.send(as_bytes("one"), socket.local_address());
        co_await peer.send(as_bytes("three"), socket.local_address());
        co_await peer.send(as_bytes(""), socket.local_address());
        if (round % 2 == 0) co_await sleep(1ms);
        const auto whole = co_await socket.receive(buffer);
        CHECK(whole.size == 3);
        CHECK(whole.peer == peer.local_address());
        CHECK_FALSE(whole.truncated);
        const auto cut = co_await socket.receive(buffer);
        CHECK(cut.size == 4);
        CHECK(cut.truncated);
        const auto empty = co_await socket.receive(buffer);
        CHECK(empty.size == 0);
        CHECK_FALSE(empty.truncated);
        // Now one waits for the next.
        co_await scope([&](Scope& tasks) -> Task<void> {
          tasks.spawn(expect(socket, "next"));
          co_await yield();
          co_await peer.send(as_bytes("next"), socket.local_address());
        });
      }
    }
  });
}

TEST_CASE("the largest datagrams arrive whole") {
  on_each_poller([]() -> Task<void> {
    using Case = std::pair<Address, std::size_t>;
    for (const auto& [address, size_max] :
         {Case(Address::loopback(0), 65'507), Case(Address::ip("::1", 0), 65'527)}) {
      Datagrams socket(address);
      Datagrams peer(address);
      const std::string sent = test::pattern(size_max);
      for (int i = 0; i < 10; ++i) {
        co_await peer.send(as_bytes(sent), socket.local_address());
        CHECK(co_await receive_text(socket, size_max) == sent);
      }
    }
  });
}

TEST_CASE("messages of local sockets may be larger") {
  on_each_poller([]() -> Task<void> {
    const Address address = Address::local("@sundog-message-queue-test");
    Datagrams socket(address);
    Datagrams peer(Address::local("@sundog-message-queue-test-peer"));
    const std::string sent = test::pattern(100'000);
    for (int i = 0; i < 5; ++i) {
      co_await scope([&](Scope& tasks) -> Task<void> {
        tasks.spawn([](Datagrams& from, const std::string& text) -> Task<void> {
          CHECK(co_await receive_text(from, text.size()) == text);
        }(socket, sent));
        co_await yield();
        co_await peer.send(as_bytes(sent), address);
      });
    }
  });
}

TEST_CASE("of several tasks that wait on one socket, the first gets the first message") {
  on_each_poller([]() -> Task<void> {
    Datagrams socket(Address::loopback(0));
    for (int round = 0; round < 10; ++round) {
      std::vector<std::string> texts;
      co_await scope([&](Scope& tasks) -> Task<void> {
        for (int i = 0; i < 5; ++i) tasks.spawn(expect(socket, std::to_string(i)));
        co_await sleep(1ms);
        send_at_once(socket, 0, 2);
        co_await sleep(1ms);
        send_at_once(socket, 2, 7);
      });
      co_await expect_all(socket, 5, 7);
    }
  });
}

TEST_CASE("a task that is cancelled in line leaves its place and its message to the next") {
  on_each_poller([]() -> Task<void> {
    Datagrams socket(Address::loopback(0));
    for (int round = 0; round < 5; ++round) {
      std::vector<std::string> texts;
      co_await scope([&](Scope& tasks) -> Task<void> {
        // The first, one in the middle, and the last give up.
        const auto impatient = [](Datagrams& from) -> Task<void> {
          CHECK_FALSE(co_await try_timeout(receive_text(from), 1ms));
        };
        tasks.spawn(impatient(socket));
        tasks.spawn(collect(socket, texts));
        tasks.spawn(impatient(socket));
        tasks.spawn(collect(socket, texts));
        tasks.spawn(impatient(socket));
        co_await sleep(4ms);
        send_at_once(socket, 0, 2);
      });
      CHECK(texts == std::vector<std::string>{"0", "1"});
    }
  });
}

TEST_CASE("no message is lost to cancellation, whenever it comes") {
  on_each_poller([]() -> Task<void> {
    constexpr int count = 2'000;
    Datagrams socket(Address::loopback(0));
    Datagrams peer(Address::loopback(0));
    co_await scope([&](Scope& tasks) -> Task<void> {
      const auto send_all = [](Datagrams& from, Address to) -> Task<void> {
        for (int i = 0; i < count; ++i) {
          const std::string text = std::to_string(i);
          co_await from.send(as_bytes(text), to);
          if (i % 7 == 0) co_await sleep(50us);
        }
      };
      tasks.spawn(send_all(peer, socket.local_address()));
      for (int i = 0; i < count;) {
        const Duration patience = std::chrono::microseconds(i % 5 * 20);
        const auto text = co_await try_timeout(receive_text(socket), patience);
        if (!text) continue;
        if (*text != std::to_string(i)) FAIL("a message was lost");
        ++i;
      }
    });
  });
}

TEST_CASE("sockets that nobody reads take neither buffers nor messages from the others") {
  on_each_poller([]() -> Task<void> {
    const std::uint64_t before = times(ran_out);
    // Each keeps more than a fair share when all comes in one turn.
    constexpr int flood = 200;
    std::vector<Datagrams> silent;
    for (int i = 0; i < 5; ++i) silent.emplace_back(Address::loopback(0));
    for (Datagrams& socket : silent) co_await warm_up(socket);
    for (Datagrams& socket : silent) send_at_once(socket, 0, flood);
    co_await sleep(5ms);
    Datagrams socket(Address::loopback(0));
    co_await warm_up(socket);
    for (int round = 0; round < 10; ++round) {
      std::vector<std::string> texts;
      co_await scope([&](Scope& tasks) -> Task<void> {
        for (int i = 0; i < 5; ++i) tasks.spawn(expect(socket, std::to_string(i)));
        co_await sleep(1ms);
        send_at_once(socket, 0, 5);
      });
    }
    for (Datagrams& unread : silent) co_await expect_all(unread, 0, flood);
    if (!UnixPoller::current().attempts_first()) CHECK(times(ran_out) > before);
  });
}

TEST_CASE("a socket that is closed gives back the messages that it holds") {
  // Were a buffer lost each time, they would run out.
  on_each_poller([]() -> Task<void> {
    const std::uint64_t before = times(ran_out);
    for (unsigned i = 0; i < ReceivePool::messages.pieces + 10; ++i) {
      Datagrams socket(Address::loopback(0));
      for (int waits = 0; waits < 3; ++waits) {
        CHECK_FALSE(co_await try_timeout(receive_text(socket), 0ns));
      }
      send_at_once(socket, 0, 2);
      // In half of the rounds one is closed as the messages come.
      if (i % 2 == 0) co_await yield();
    }
    co_await sleep(1ms);
    CHECK(times(ran_out) == before);
  });
}

TEST_CASE("a datagram socket that is moved goes on to receive") {
  on_each_poller([]() -> Task<void> {
    Datagrams first(Address::loopback(0));
    co_await warm_up(first);
    send_at_once(first, 0, 2);
    co_await sleep(1ms);
    Datagrams second = std::move(first);
    send_at_once(second, 2, 4);
    co_await expect_all(second, 0, 4);
    Datagrams third(Address::loopback(0));
    third = std::move(second);
    send_at_once(third, 4, 5);
    co_await expect_all(third, 4, 5);
  });
}

TEST_CASE("a task that waits for a message stands in the dump") {
  on_each_poller([]() -> Task<void> {
    Datagrams socket(Address::loopback(0));
    for (int round = 0; round < 3; ++round) {
      co_await scope([&](Scope& tasks) -> Task<void> {
        tasks.spawn(expect(socket, "0"));
        tasks.spawn(expect(socket, "1"));
        co_await sleep(1ms);
        const std::string dump = dump_tasks();
        const std::size_t first = dump.find("recvmsg on descriptor ");
        CHECK(first != std::string::npos);
        CHECK(dump.find("recvmsg on descriptor ", first + 1) != std::string::npos);
        send_at_once(socket, 0, 2);
      });
    }
  });
}

TEST_CASE("what is wrong with the socket comes out of every receive") {
  on_each_poller([]() -> Task<void> {
    const int fd = ::dup(0);
    ::close(fd);
    Datagrams socket(Address::loopback(0));  // takes that number
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    CHECK_FALSE(co_await try_timeout(receive_text(socket), 0ns));
    REQUIRE(::dup2(ends[0], fd) == fd);
    for (int i = 0; i < 3; ++i) {
      std::error_code error;
      try {
        static_cast<void>(co_await receive_text(socket));
      } catch (const std::system_error& failure) {
        error = failure.code();
      }
      CHECK(error == std::errc::not_a_socket);
    }
    ::close(ends[0]);
    ::close(ends[1]);
  });
}

TEST_CASE("without memory for buffers a datagram socket asks the kernel for every message") {
  on_each_poller([]() -> Task<void> {
    Datagrams socket(Address::loopback(0));
    CHECK_FALSE(co_await try_timeout(receive_text(socket), 0ns));
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn([](Datagrams& to) -> Task<void> {
        co_await sleep(1ms);
        send_at_once(to, 0, 5);
      }(socket));
      std::array<std::byte, 8> buffer;
      {
        const test::FailingAllocation failing(0);
        const auto message = co_await socket.receive(buffer);
        CHECK(message.size == 1);
        CHECK(buffer[0] == std::byte{'0'});
      }
      co_await expect_all(socket, 1, 5);
    });
    // Several at once, as they come.
    std::vector<std::string> texts;
    co_await scope([&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 3; ++i) tasks.spawn(collect(socket, texts));
      co_await sleep(1ms);
      send_at_once(socket, 0, 3);
    });
    CHECK(texts.size() == 3);
  });
}

TEST_CASE("a socket that outlives its loop hands out what it holds, and receives in the next") {
  std::optional<Datagrams> socket;
  auto first = [&]() -> Task<void> {
    socket.emplace(Address::loopback(0));
    co_await warm_up(*socket);
    send_at_once(*socket, 0, 3);
    co_await sleep(1ms);
  };
  test::run_on_uring(first());
  const std::uint64_t before = times(ran_out);
  auto second = [&]() -> Task<void> {
    co_await expect_all(*socket, 0, 3);
    for (unsigned i = 0; i < ReceivePool::messages.pieces + 10; ++i) {
      co_await scope([&](Scope& tasks) -> Task<void> {
        tasks.spawn(expect(*socket, "7"));
        co_await yield();
        send_at_once(*socket, 7, 8);
      });
    }
    send_at_once(*socket, 0, 3);
    co_await sleep(1ms);
  };
  test::run_on_uring(second());
  CHECK(times(ran_out) == before);
  socket.reset();  // with no loop at all
}

TEST_CASE("a deadlock is noticed though a datagram socket receives, if no task waits for it") {
  auto all = []() -> Task<void> {
    Datagrams socket(Address::loopback(0));
    co_await warm_up(socket);
    CHECK_FALSE(co_await try_timeout(receive_text(socket), 1ms));
    auto [future, wakener] = wait<int>();
    static_cast<void>(co_await future);
  };
  CHECK_THROWS_AS(test::run_on_uring(all()), Deadlock);
}

TEST_CASE(
    "a server of datagrams in steady state makes at most one system call a turn, and no "
    "allocation") {
  auto all = []() -> Task<void> {
    UnixPoller& poller = UnixPoller::current();
    std::uint64_t turns = 0;
    const Hook count_turns = before_wait([&] { ++turns; });
    Datagrams server(Address::loopback(0));
    Datagrams client(Address::loopback(0));
    const auto echo = [&]() -> Task<void> {
      std::array<std::byte, 64> buffer;
      for (;;) {
        const auto message = co_await server.receive(buffer);
        co_await server.send(std::span(buffer).first(message.size), message.peer);
      }
    };
    const auto ask = [](Datagrams& from, Address to, int rounds) -> Task<void> {
      std::array<std::byte, 64> buffer;
      for (int i = 0; i < rounds; ++i) {
        for (int j = 0; j < 8; ++j) co_await from.send(as_bytes("question"), to);
        for (int j = 0; j < 8; ++j) static_cast<void>(co_await from.receive(buffer));
      }
    };
    const auto measure = [&]() -> Task<void> {
      const Address there = server.local_address();
      co_await ask(client, there, 20);
      const std::uint64_t calls_before = poller.system_call_count();
      const std::uint64_t turns_before = turns;
      const std::uint64_t allocations_before = test::allocation_count();
      co_await ask(client, there, 100);
      const std::uint64_t allocations = test::allocation_count() - allocations_before;
      CHECK(poller.system_call_count() - calls_before <= turns - turns_before + 1);
#if !SUNDOG_POOL_BYPASSED
      CHECK(allocations == 0);
#else
      static_cast<void>(allocations);
#endif
    };
    co_await pick(echo(), echo(), echo(), measure());
  };
  test::run_on_uring(all());
}
