// How long operations and tasks live: those kept for later, left behind, or without an end.
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>

#include "sundog/io/unix/file.hpp"
#include "sundog/io/unix/notifier.hpp"
#include "sundog/io/unix/offload.hpp"
#include "sundog/io/unix/pipe.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/hooks.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/unix/each_poller.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::on_each_poller;

namespace {

Task<void> nap() { co_await sleep(1ms); }

// The child's end by the alarm, which strikes it while it waits.
[[noreturn]] void sleep_for_ever(PollerChoice choice) {
  std::signal(SIGALRM, [](int) { ::_exit(0); });
  const itimerval in_a_while = {.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 50'000}};
  ::setitimer(ITIMER_REAL, &in_a_while, nullptr);
  choose_poller(choice);
  try {
    run(sleep(std::chrono::hours::max()));
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(2);
}

}  // namespace

TEST_CASE("a task made of an operation may be kept, and runs when it is wanted") {
  on_each_poller([]() -> Task<void> {
    auto [one, other] = Socket::pair();
    auto [reader, writer] = make_pipe();
    Datagrams datagrams(Address::parse("127.0.0.1:0"));
    Notifier notifier;
    std::array<std::byte, 16> from_socket{};
    std::array<std::byte, 16> from_pipe{};
    std::array<std::byte, 16> from_peer{};
    const std::array<std::byte, 3> bytes = {std::byte{1}, std::byte{2}, std::byte{3}};
    const std::array<Bytes, 2> parts = {Bytes(bytes), Bytes(bytes)};
    std::vector<Task<void>> writes;
    std::vector<Task<std::size_t>> reads;
    std::optional<Task<detail::ReceivedMessage>> received;
    const auto make = [&] {
      reads.push_back(as_task(one.read(from_socket)));
      reads.push_back(as_task(reader.read(from_pipe)));
      received = as_task(datagrams.receive(from_peer));
      writes.push_back(as_task(other.write(parts)));
      writes.push_back(as_task(writer.write(bytes)));
      writes.push_back(as_task(datagrams.send(bytes, datagrams.local_address())));
      writes.push_back(as_task(notifier.wait()));
    };
    make();
    co_await nap();
    notifier.notify();
    const auto counts =
        co_await timeout(join(join(std::move(reads)), join(std::move(writes))), 10s);
    CHECK(std::get<0>(counts) == std::vector<std::size_t>{6, 3});
    CHECK((co_await timeout(std::move(*received), 10s)).size == 3);
  });
}

TEST_CASE("async and spawn take operations, which outlive the expression that made them") {
  on_each_poller([]() -> Task<void> {
    const auto begin = [] {
      auto seven = std::make_unique<int>(7);
      return async(offload([seven = std::move(seven)] { return *seven; }));
    };
    const Future<int> seven = begin();
    const Future<int> eight = async(as_task(offload([] { return 8; })));
    const Future<int> nine = async(timeout(offload([] { return 9; }), 10s));
    CHECK(co_await seven == 7);
    CHECK(co_await eight == 8);
    CHECK(co_await nine == 9);
    Acceptor acceptor(Address::parse("127.0.0.1:0"));
    const Future<Socket> accepted = async(acceptor.accept());
    const std::array<std::byte, 1> byte = {std::byte{42}};
    Socket client = co_await Socket::connect(acceptor.local_address());
    co_await scope([&](Scope& tasks) {
      tasks.spawn(client.write(byte));
      return sleep(1ms);
    });
    CHECK((co_await accepted).peer_address().to_string() == client.local_address().to_string());
  });
}

TEST_CASE("run takes whatever can be awaited, and gives what it gives") {
  for (const PollerChoice choice : {PollerChoice::automatic, PollerChoice::epoll}) {
    choose_poller(choice);
    run(sleep(1ms));
    run(nap() && sleep(1ms));
    CHECK(run(offload([] { return 7; })) == 7);
    CHECK_FALSE(run(try_timeout(sleep(std::chrono::hours::max()), 1ms)));
  }
  choose_poller(PollerChoice::automatic);
}

TEST_CASE("who sleeps for ever alone is waited for") {
  for (const PollerChoice choice : {PollerChoice::automatic, PollerChoice::epoll}) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) sleep_for_ever(choice);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
}

TEST_CASE("a deadline that passed long ago has passed") {
  on_each_poller([]() -> Task<void> {
    co_await sleep_until(TimePoint::min() + 1ns);
    co_await sleep_until(TimePoint(-1ns));
    co_await sleep(std::chrono::hours::min());
    SUCCEED("each of them ended");
  });
}

TEST_CASE("what exit hooks leave behind is taken back from the kernel before run() returns") {
  on_each_poller([]() -> Task<void> {
    at_exit([]() -> Task<void> {
      const auto waits = []() -> Task<void> {
        auto [one, other] = Socket::pair();
        std::array<std::byte, 16> buffer;
        co_await (one.read(buffer) && sleep(1h));
      };
      const Future<void> left = async(waits());
      const Future<void> slow = async(offload([] {}));
      co_await yield();
    });
    co_await nap();
    SUCCEED("and run() returns");
  });
}
