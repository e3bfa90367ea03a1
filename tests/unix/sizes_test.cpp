// Sizes that do not fit into 32 bits, or not into one call of the kernel, mean what they say. The
// memory is never filled: it is only mapped.
#include <fcntl.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>

#include "sundog/io/unix/pipe.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/unix/each_poller.hpp"
#include "tests/unix/mapped.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::Mapped;
using test::on_each_poller;

namespace {

constexpr std::size_t sizes[] = {std::size_t{1} << 31, std::size_t{1} << 32,
                                 (std::size_t{1} << 32) + 3, (std::size_t{1} << 33) - 1};

// The beginning of a write that is too long to wait for.
template <class Reader, class Write>
Task<void> expect_beginning(Reader& reader, Write write) {
  std::optional<bool> in_time;
  const auto write_for_a_while = [&]() -> Task<void> {
    in_time = co_await try_timeout(write(), 100ms);
  };
  std::array<std::byte, 1000> buffer;
  co_await scope([&](Scope& tasks) -> Task<void> {
    tasks.spawn(write_for_a_while());
    for (int i = 0; i < 10; ++i) {
      const auto count = co_await try_timeout(reader.read(buffer), 5s);
      CHECK(count == buffer.size());
    }
  });
  CHECK(in_time == false);
}

}  // namespace

TEST_CASE("a read into a buffer of 4 GiB and more gives what has come") {
  on_each_poller([]() -> Task<void> {
    for (const std::size_t size : sizes) {
      INFO(size);
      const Mapped buffer(size);
      auto [near, far] = Socket::pair();
      co_await far.write(as_bytes("abc"));
      CHECK(co_await near.read(buffer.bytes()) == 3);
      co_await far.shutdown();
      CHECK(co_await near.read(buffer.bytes()) == 0);
      auto [reader, writer] = make_pipe();
      co_await writer.write(as_bytes("abcd"));
      CHECK(co_await reader.read(buffer.bytes()) == 4);
      Datagrams socket(Address::loopback(0));
      co_await socket.send(as_bytes("abcde"), socket.local_address());
      const auto message = co_await socket.receive(buffer.bytes());
      CHECK(message.size == 5);
      CHECK_FALSE(message.truncated);
    }
  });
}

TEST_CASE("a write of 4 GiB and more begins, and does not end before it is whole") {
  on_each_poller([]() -> Task<void> {
    for (const std::size_t size : sizes) {
      INFO(size);
      const Mapped memory(size);
      const Bytes bytes = memory.bytes();
      {
        auto [near, far] = Socket::pair();
        const auto write = [&]() -> Task<void> { co_await near.write(bytes); };
        co_await expect_beginning(far, write);
      }
      {
        auto [near, far] = Socket::pair();
        const std::array<Bytes, 3> parts = {bytes, bytes, bytes};
        const auto write = [&]() -> Task<void> {
          co_await near.write(std::span<const Bytes>(parts));
        };
        co_await expect_beginning(far, write);
      }
      {
        auto [reader, writer] = make_pipe();
        const auto write = [&]() -> Task<void> { co_await writer.write(bytes); };
        co_await expect_beginning(reader, write);
      }
    }
  });
}

TEST_CASE("a write of more than a call can take is complete when it returns") {
  on_each_poller([]() -> Task<void> {
    // Two calls; on io_uring more than an entry has room for, too.
    const bool by_calls = UnixPoller::current().attempts_first();
    const Mapped memory((std::size_t{1} << (by_calls ? 31 : 32)) + 4096);
    PipeWriter nowhere{Descriptor(::open("/dev/null", O_WRONLY | O_CLOEXEC))};
    const auto write = [&]() -> Task<void> { co_await nowhere.write(memory.bytes()); };
    CHECK(co_await try_timeout(write(), 60s));
  });
}

TEST_CASE("a datagram of 4 GiB and more is message_size, not a short one") {
  on_each_poller([]() -> Task<void> {
    for (const std::size_t size : sizes) {
      const Mapped memory(size);
      Datagrams socket(Address::loopback(0));
      const Address address = socket.local_address();
      std::error_code code;
      try {
        co_await socket.send(memory.bytes(), address);
      } catch (const std::system_error& error) {
        code = error.code();
      }
      CHECK(code == std::errc::message_size);
    }
  });
}

TEST_CASE("more than 1,024 parts are sent, in order") {
  on_each_poller([]() -> Task<void> {
    auto [near, far] = Socket::pair();
    const std::string text = test::pattern(3'000);
    std::vector<Bytes> parts;
    for (std::size_t i = 0; i < text.size(); ++i) parts.push_back(as_bytes(text).subspan(i, 1));
    std::string got;
    std::array<std::byte, 4096> buffer;
    const auto write = [&]() -> Task<void> {
      co_await near.write(std::span<const Bytes>(parts));
      co_await near.shutdown();
    };
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(write());
      for (;;) {
        const std::size_t count = co_await far.read(buffer);
        if (count == 0) break;
        got.append(reinterpret_cast<const char*>(buffer.data()), count);
      }
    });
    CHECK(got == text);
  });
}

TEST_CASE("a keep-alive of more seconds than 32 bits hold is refused, not cut") {
  on_each_poller([]() -> Task<void> {
    Acceptor listener(Address::loopback(0));
    Socket socket = co_await Socket::connect(listener.local_address());
    socket.set_keep_alive(true, 60s);
    for (const std::int64_t seconds : {std::int64_t{1} << 32, (std::int64_t{1} << 32) + 60}) {
      std::error_code code;
      try {
        socket.set_keep_alive(true, std::chrono::seconds(seconds));
      } catch (const std::system_error& error) {
        code = error.code();
      }
      CHECK(code == std::errc::invalid_argument);
    }
  });
}

TEST_CASE("a deadline as far in the past as can be is over at once") {
  on_each_poller([]() -> Task<void> {
    UnixPoller& poller = UnixPoller::current();
    poller.wait(TimePoint::min() + 1ns);
    const bool in_time = co_await try_timeout(sleep(1ms), 5s);
    CHECK(in_time);
  });
}
