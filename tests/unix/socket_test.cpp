#include "sundog/io/unix/socket.hpp"

#include <sys/ioctl.h>
#include <sys/resource.h>

#include <filesystem>

#include "sundog/runtime/join.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/unix/each_poller.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::on_each_poller;
using test::pattern;

static_assert(Flow<Socket>);
static_assert(Listener<Acceptor>);

namespace {

Task<std::string> read_all(Socket& flow) {
  std::string text;
  std::array<std::byte, 4096> buffer;
  for (;;) {
    const std::size_t count = co_await flow.read(buffer);
    if (count == 0) co_return text;
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
}

Task<std::size_t> read_some(Socket& flow, MutableBytes buffer) {
  const std::size_t count = co_await flow.read(buffer);
  co_return count;
}

Task<void> send_and_finish(Socket& flow, std::string text) {
  co_await flow.write(as_bytes(text));
  co_await flow.shutdown();
}

Task<Socket> accept_one(Acceptor& listener) {
  auto flow = co_await listener.accept();
  co_return flow;
}

// A client and a server, connected over `address`.
Task<std::pair<Socket, Socket>> connect_over(Address address) {
  Acceptor listener(address);
  const Address where = address.family() == AF_UNIX ? address : listener.local_address();
  auto [client, server] = co_await join(Socket::connect(where), accept_one(listener));
  co_return std::pair(std::move(client), std::move(server));
}

std::error_code code_of(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::system_error& e) {
    return e.code();
  }
}

Task<std::error_code> failure(Task<std::size_t> task) {
  try {
    co_await std::move(task);
  } catch (const std::system_error&) {
    co_return code_of(std::current_exception());
  }
  co_return std::error_code();
}

}  // namespace

TEST_CASE("bytes cross a TCP connection in both directions, over IPv4, IPv6 and local sockets") {
  const std::string path = std::filesystem::temp_directory_path() / "sundog-socket-test";
  for (const Address& address : {Address::loopback(0), Address::ip("::1", 0),
                                 Address::local("@sundog-socket-test"), Address::local(path)}) {
    std::filesystem::remove(path);
    DYNAMIC_SECTION("over " << address.to_string()) {
      on_each_poller([&]() -> Task<void> {
        std::filesystem::remove(path);
        auto [client, server] = co_await connect_over(address);
        co_await join(send_and_finish(client, "ping"), send_and_finish(server, "pong"));
        const std::string at_server = co_await read_all(server);
        const std::string at_client = co_await read_all(client);
        REQUIRE(at_server == "ping");
        REQUIRE(at_client == "pong");
      });
    }
  }
  std::filesystem::remove(path);
}

TEST_CASE("a write larger than every buffer arrives whole and in order") {
  on_each_poller([]() -> Task<void> {
    auto [client, server] = co_await connect_over(Address::loopback(0));
    const std::string text = pattern(5'000'003);
    auto [none, got] = co_await join(send_and_finish(client, text), read_all(server));
    REQUIRE(got == text);
  });
}

TEST_CASE(
    "a vectored write sends its parts in order, empty ones and more than one call takes included") {
  on_each_poller([]() -> Task<void> {
    auto [client, server] = co_await connect_over(Address::loopback(0));
    std::vector<std::string> pieces;
    std::string expected;
    for (std::size_t i = 0; i < 100; ++i) {
      pieces.push_back(pattern(i % 7 == 0 ? 0 : i * 777));
      expected += pieces.back();
    }
    std::vector<Bytes> parts;
    for (const std::string& piece : pieces) parts.push_back(as_bytes(piece));
    auto send = [&]() -> Task<void> {
      co_await client.write(std::span<const Bytes>(parts));
      co_await client.write(std::span<const Bytes>());
      co_await client.shutdown();
    };
    auto [none, got] = co_await join(send(), read_all(server));
    REQUIRE(got == expected);
  });
}

TEST_CASE("the end of the stream is 0, again and again, and writing goes on after it") {
  on_each_poller([]() -> Task<void> {
    auto [client, server] = co_await connect_over(Address::loopback(0));
    co_await client.shutdown();
    std::array<std::byte, 16> buffer;
    for (int i = 0; i < 3; ++i) {
      const std::size_t count = co_await server.read(buffer);
      REQUIRE(count == 0);
    }
    co_await server.write(as_bytes("still here"));
    server.close();
    const std::string got = co_await read_all(client);
    REQUIRE(got == "still here");
  });
}

TEST_CASE("a reset by the peer is connection_reset at a read that waits and at a later one") {
  on_each_poller([]() -> Task<void> {
    auto [client, server] = co_await connect_over(Address::loopback(0));
    std::array<std::byte, 16> buffer;
    auto reset = [&]() -> Task<void> {
      co_await sleep(5ms);
      client.reset_on_close();
      client.close();
    };
    auto [code, none] = co_await join(failure(read_some(server, buffer)), reset());
    REQUIRE(code == std::errc::connection_reset);
  });
}

TEST_CASE(
    "writing to a peer that is gone fails with broken_pipe or connection_reset, and no signal "
    "comes") {
  on_each_poller([]() -> Task<void> {
    auto [client, server] = co_await connect_over(Address::loopback(0));
    server.close();
    std::error_code code;
    try {
      for (int i = 0; i < 100; ++i) {
        co_await client.write(as_bytes("into the void"));
        co_await sleep(1ms);
      }
    } catch (const std::system_error& error) {
      code = error.code();
    }
    const bool expected = code == std::errc::broken_pipe || code == std::errc::connection_reset;
    REQUIRE(expected);
  });
}

TEST_CASE("connecting to a port where nobody listens is connection_refused and names the address") {
  on_each_poller([]() -> Task<void> {
    Address address;
    {
      const Acceptor listener(Address::loopback(0));
      address = listener.local_address();
    }
    co_await sleep(5ms);
    std::string what;
    try {
      co_await Socket::connect(address);
    } catch (const std::system_error& error) {
      REQUIRE(error.code() == std::errc::connection_refused);
      what = error.what();
    }
    REQUIRE(what.find(address.to_string()) != std::string::npos);
  });
}

TEST_CASE(
    "listening twice on one address is address_in_use and names it; sharing the port is allowed") {
  on_each_poller([]() -> Task<void> {
    ListenOptions share;
    share.share_port = true;
    const Acceptor first(Address::loopback(0), share);
    const Acceptor second(first.local_address(), share);
    REQUIRE_THROWS_WITH(Acceptor(first.local_address()),
                        Catch::Contains(first.local_address().to_string()));
    co_return;
  });
}

TEST_CASE(
    "a timeout around a read ends it, and the bytes that come later are there for the next read") {
  on_each_poller([]() -> Task<void> {
    auto [client, server] = co_await connect_over(Address::loopback(0));
    std::array<std::byte, 16> buffer;
    for (int round = 0; round < 20; ++round) {
      const auto late = co_await try_timeout(read_some(server, buffer), 1ms);
      REQUIRE(!late.has_value());
    }
    co_await client.write(as_bytes("x"));
    const auto in_time = co_await try_timeout(read_some(server, buffer), 5s);
    REQUIRE(in_time == 1);
  });
}

TEST_CASE("timeouts that race with arriving bytes lose none of them") {
  on_each_poller([]() -> Task<void> {
    auto [client, server] = co_await connect_over(Address::loopback(0));
    constexpr std::size_t bytes_count = 2000;
    auto send = [&]() -> Task<void> {
      const std::string text = pattern(bytes_count);
      for (std::size_t i = 0; i < bytes_count; ++i) {
        co_await client.write(as_bytes(text).subspan(i, 1));
        if (i % 3 == 0) co_await sleep(20us);
      }
      co_await client.shutdown();
    };
    auto receive = [&]() -> Task<std::string> {
      std::string text;
      std::byte byte;
      for (;;) {
        const auto count = co_await try_timeout(read_some(server, std::span(&byte, 1)), 15us);
        if (!count) continue;
        if (*count == 0) co_return text;
        text += static_cast<char>(byte);
      }
    };
    auto [none, got] = co_await join(send(), receive());
    REQUIRE(got == pattern(bytes_count));
  });
}

TEST_CASE("a peer that never reads holds up the writer, whose timeout fires") {
  on_each_poller([]() -> Task<void> {
    auto [client, server] = co_await connect_over(Address::loopback(0));
    const std::string text = pattern(20'000'000);
    auto send = [&]() -> Task<void> { co_await client.write(as_bytes(text)); };
    const bool in_time = co_await try_timeout(send(), 30ms);
    REQUIRE(!in_time);
  });
}

TEST_CASE("an accept that is cancelled loses no connection") {
  on_each_poller([]() -> Task<void> {
    Acceptor listener(Address::loopback(0));
    for (int i = 0; i < 5; ++i) {
      const auto nobody = co_await try_timeout(accept_one(listener), 1ms);
      REQUIRE(!nobody.has_value());
    }
    Socket client = co_await Socket::connect(listener.local_address());
    auto accepted = co_await try_timeout(accept_one(listener), 5s);
    REQUIRE(accepted.has_value());
  });
}

TEST_CASE("several tasks accept on one listener and each connection goes to one of them") {
  on_each_poller([]() -> Task<void> {
    Acceptor listener(Address::loopback(0));
    int accepted = 0;
    auto take = [&]() -> Task<void> {
      for (int i = 0; i < 25; ++i) {
        Socket flow = co_await listener.accept();
        ++accepted;
      }
    };
    auto come = [&]() -> Task<void> {
      for (int i = 0; i < 100; ++i) {
        const Socket flow = co_await Socket::connect(listener.local_address());
      }
    };
    co_await join(take(), take(), take(), take(), come());
    REQUIRE(accepted == 100);
  });
}

TEST_CASE("connections that nobody accepts yet wait, also more than the accept queue holds") {
  on_each_poller([]() -> Task<void> {
    Acceptor listener(Address::loopback(0));
    std::vector<Socket> clients;
    std::vector<Socket> servers;
    servers.push_back(Socket(Descriptor()));
    auto first = [&]() -> Task<void> { servers.front() = co_await listener.accept(); };
    auto come = [&]() -> Task<void> {
      for (int i = 0; i < 200; ++i) {
        clients.push_back(co_await Socket::connect(listener.local_address()));
      }
    };
    co_await join(first(), come());
    for (int i = 1; i < 200; ++i) servers.push_back(co_await listener.accept());
    REQUIRE(servers.size() == 200);
  });
}

TEST_CASE("a listener that finishes gives those who had come, and lets nobody in any more") {
  on_each_poller([]() -> Task<void> {
    Acceptor listener(Address::loopback(0));
    const Address address = listener.local_address();
    std::vector<Socket> clients;
    std::vector<Socket> servers;
    const auto come = [&](int count) -> Task<void> {
      for (int i = 0; i < count; ++i) clients.push_back(co_await Socket::connect(address));
    };
    // Some that the poller has brought in, and some that are still the kernel's.
    const auto first = [&]() -> Task<void> { servers.push_back(co_await listener.accept()); };
    co_await join(first(), come(100));
    co_await come(100);
    listener.finish();
    // The kernel drops what they send: they are not refused, and not let in.
    const auto nobody = co_await try_timeout(come(1), 20ms);
    CHECK_FALSE(nobody);
    std::error_code end;
    try {
      for (;;) servers.push_back(co_await listener.accept());
    } catch (const std::system_error& error) {
      end = error.code();
    }
    CHECK(end == std::errc::operation_canceled);
    CHECK(servers.size() == 200);
    CHECK(clients.size() == 200);
    listener.close();
    for (std::size_t i = 0; i < servers.size(); ++i) {
      std::array<std::byte, 1> byte;
      co_await clients[i].write(as_bytes("x"));
      const std::size_t count = co_await servers[i].read(byte);
      CHECK(count == 1);
    }
  });
}

TEST_CASE("a task that waits in accept() is told when the listener finishes") {
  on_each_poller([]() -> Task<void> {
    Acceptor listener(Address::loopback(0));
    std::error_code end;
    const auto waits = [&]() -> Task<void> {
      try {
        Socket flow = co_await listener.accept();
      } catch (const std::system_error& error) {
        end = error.code();
      }
    };
    const auto finishes = [&]() -> Task<void> {
      co_await sleep(1ms);
      listener.finish();
    };
    co_await join(waits(), finishes());
    CHECK(end == std::errc::operation_canceled);
  });
}

TEST_CASE(
    "when descriptors run out accepting pauses without spinning, and goes on when some are free") {
  on_each_poller([]() -> Task<void> {
    Acceptor listener(Address::loopback(0));
    rlimit before;
    ::getrlimit(RLIMIT_NOFILE, &before);
    std::vector<Socket> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(co_await Socket::connect(listener.local_address()));
    }
    // Room for five more.
    const int next = ::dup(0);
    ::close(next);
    const rlimit tight = {.rlim_cur = static_cast<rlim_t>(next) + 5, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    std::vector<Socket> servers;
    auto accept_all = [&]() -> Task<void> {
      while (servers.size() < 20) servers.push_back(co_await listener.accept());
    };
    const std::uint64_t calls_before = UnixPoller::current().system_call_count();
    const bool all = co_await try_timeout(accept_all(), 300ms);
    const std::uint64_t calls = UnixPoller::current().system_call_count() - calls_before;
    ::setrlimit(RLIMIT_NOFILE, &before);
    REQUIRE(!all);
    REQUIRE(servers.size() <= 5);
    REQUIRE(calls < 200);
    const TimePoint begun = now();
    const bool now_all = co_await try_timeout(accept_all(), 5s);
    REQUIRE(now_all);
    REQUIRE(now() - begun < 1s);
  });
}

TEST_CASE("10,000 connections, one after the other, leave no descriptor behind") {
  on_each_poller([]() -> Task<void> {
    Acceptor listener(Address::local("@sundog-many"));
    const int before = ::dup(0);
    ::close(before);
    auto serve = [&]() -> Task<void> {
      std::array<std::byte, 16> buffer;
      for (int i = 0; i < 10'000; ++i) {
        Socket flow = co_await listener.accept();
        const std::size_t count = co_await flow.read(buffer);
        co_await flow.write(std::span(buffer).first(count));
      }
    };
    auto come = [&]() -> Task<void> {
      std::array<std::byte, 16> buffer;
      for (int i = 0; i < 10'000; ++i) {
        Socket flow = co_await Socket::connect(Address::local("@sundog-many"));
        co_await flow.write(as_bytes("hi"));
        const std::size_t count = co_await flow.read(buffer);
        if (count != 2) FAIL("the answer has " << count << " bytes");
      }
    };
    co_await join(serve(), come());
    co_await sleep(2ms);
    const int after = ::dup(0);
    ::close(after);
    REQUIRE(after <= before + 2);
  });
}

TEST_CASE("datagrams carry their peer, keep their bounds, and say when they were cut") {
  for (const char* host : {"127.0.0.1", "::1"}) {
    on_each_poller([&]() -> Task<void> {
      Datagrams a(Address::ip(host, 0));
      Datagrams b(Address::ip(host, 0));
      co_await a.send(as_bytes("one"), b.local_address());
      co_await a.send(as_bytes("three"), b.local_address());
      co_await a.send(as_bytes(""), b.local_address());
      std::array<std::byte, 4> buffer;
      const auto first = co_await b.receive(buffer);
      REQUIRE(first.size == 3);
      REQUIRE(first.peer == a.local_address());
      REQUIRE(!first.truncated);
      const auto second = co_await b.receive(buffer);
      REQUIRE(second.size == 4);
      REQUIRE(second.truncated);
      const auto third = co_await b.receive(buffer);
      REQUIRE(third.size == 0);
    });
  }
}

TEST_CASE("a datagram to a closed port does not break the socket that sent it") {
  on_each_poller([]() -> Task<void> {
    Address closed;
    {
      const Datagrams gone(Address::loopback(0));
      closed = gone.local_address();
    }
    co_await sleep(2ms);
    Datagrams a(Address::loopback(0));
    Datagrams b(Address::loopback(0));
    co_await a.send(as_bytes("lost"), closed);
    co_await sleep(2ms);
    co_await b.send(as_bytes("found"), a.local_address());
    std::array<std::byte, 16> buffer;
    const auto received = co_await a.receive(buffer);
    REQUIRE(received.peer == b.local_address());
  });
}

TEST_CASE("a write that is not copied arrives whole, and returns when its bytes are free again") {
  for (const Address& address : {Address::loopback(0), Address::local("@sundog-zero-copy-test")}) {
    DYNAMIC_SECTION("over " << address.to_string()) {
      on_each_poller([&]() -> Task<void> {
        auto [client, server] = co_await connect_over(address);
        // Many pieces, and an odd rest.
        std::string sent = pattern(9 * detail::ZeroCopy::piece_bytes_max + 12'345);
        const std::string expected = sent;
        auto send = [&]() -> Task<void> {
          co_await client.write(as_bytes(sent));
          sent.assign(sent.size(), '\0');
          co_await client.shutdown();
        };
        auto [nothing, received] = co_await join(send(), read_all(server));
        CHECK(received == expected);
      });
    }
  }
}

TEST_CASE(
    "a write that is not copied is given back when it is cancelled, though the peer never reads") {
  on_each_poller([]() -> Task<void> {
    auto [client, server] = co_await connect_over(Address::loopback(0));
    const std::string bytes = pattern(20 * detail::ZeroCopy::piece_bytes_max);
    const auto write = [&]() -> Task<bool> {
      co_await client.write(as_bytes(bytes));
      co_return true;
    };
    CHECK_FALSE(co_await try_timeout(write(), 20ms));
    client.close();
    // The peer sees a part, and an end or a reset; on io_uring a reset.
    bool whole = false;
    bool reset = false;
    try {
      whole = (co_await read_all(server)).size() == bytes.size();
    } catch (const std::system_error& error) {
      reset = error.code() == std::errc::connection_reset;
    }
    CHECK_FALSE(whole);
    CHECK((reset || !UnixPoller::current().sends_without_copy()));
  });
}

TEST_CASE("a reset by the peer ends a write that is not copied") {
  on_each_poller([]() -> Task<void> {
    auto [client, server] = co_await connect_over(Address::loopback(0));
    const std::string bytes = pattern(20 * detail::ZeroCopy::piece_bytes_max);
    const auto write = [&]() -> Task<std::size_t> {
      co_await client.write(as_bytes(bytes));
      co_return 0U;
    };
    const auto reset = [](Socket& peer) -> Task<void> {
      co_await sleep(10ms);
      peer.reset_on_close();
      peer.close();
    };
    auto [code, nothing] = co_await join(failure(write()), reset(server));
    CHECK((code == std::errc::connection_reset || code == std::errc::broken_pipe));
  });
}
