// Datagrams between machines with Sundog's own stack, and what the machines owe one another.
#include "sundog/io/net/direct_stack.hpp"

#include <string>
#include <vector>

#include "sundog/runtime/join.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/datagram.hpp"
#include "tests/net/direct_worlds.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

constexpr IpAddress left_address = IpAddress::parse("192.0.2.1");
constexpr IpAddress right_address = IpAddress::parse("192.0.2.2");
constexpr IpAddress left_address6 = IpAddress::parse("2001:db8:6::1");
constexpr IpAddress right_address6 = IpAddress::parse("2001:db8:6::2");

// What the contract asks of two sockets, of two machines.
template <class World>
void keep_the_contract(World world, const IpAddress& left = left_address,
                       const IpAddress& right = right_address) {
  const auto between = [&](auto test) {
    world.run([&, test](World& in) -> Task<void> {
      auto a = net::DirectStack(*in.left).datagrams(Endpoint(left, 0));
      auto b = net::DirectStack(*in.right).datagrams(Endpoint(right, 0));
      co_await test(a, b);
    });
  };
  SECTION("messages keep their bounds and their peer, and say when they were cut") {
    between([](auto& a, auto& b) { return contract::keeps_messages_apart(a, b); });
  }
  SECTION("of several tasks that wait, each gets a message, first come, first served") {
    between([](auto& a, auto& b) { return contract::serves_who_came_first(a, b); });
  }
  SECTION("cancelling receives loses no message") {
    between(
        [](auto& a, auto& b) { return contract::loses_no_message_to_a_cancelled_receive(a, b); });
  }
  SECTION("a message that is too large is refused, and the socket goes on") {
    between([](auto& a, auto& b) { return contract::refuses_what_is_too_large(a, b); });
  }
}

std::string numbered(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 256) % 26);
  return text;
}

}  // namespace

TEST_CASE("a machine that talks to itself keeps the contract of Datagram") {
  contract::datagram(test::OnLoopback());
}

TEST_CASE("machines at two ends of a cable keep the contract of Datagram") {
  keep_the_contract(test::OnCable());
}

TEST_CASE("machines on a simulated LAN keep the contract of Datagram") {
  keep_the_contract(test::OnSimulatedLan());
}

TEST_CASE("machines at two ends of a cable keep the contract of Datagram over IPv6") {
  keep_the_contract(test::OnCable(), left_address6, right_address6);
}

TEST_CASE("machines on a simulated LAN keep the contract of Datagram over IPv6") {
  keep_the_contract(test::OnSimulatedLan(), left_address6, right_address6);
}

TEST_CASE("over IPv6 a message of any size that fits into a packet arrives, and no larger one") {
  test::OnCable().run([](test::OnCable& in) -> Task<void> {
    auto a = net::DirectStack(*in.left).datagrams(Endpoint(left_address6, 0));
    auto b = net::DirectStack(*in.right).datagrams(Endpoint::any(0));
    const Endpoint target(right_address6, b.local_address().port());
    for (const std::size_t size : {0U, 1U, 1451U, 1452U}) {
      const std::string sent = numbered(size);
      co_await a.send(as_bytes(sent), target);
      const std::string got = co_await contract::receive_text(b, 2000);
      CHECK((got == sent));
    }
    const std::error_code seen =
        co_await contract::error_of(contract::send_once(a, as_bytes(numbered(1453)), target));
    CHECK(seen == std::errc::message_size);
  });
}

TEST_CASE("a message of any size arrives, in fragments where it must") {
  test::OnCable().run([](test::OnCable& in) -> Task<void> {
    auto a = net::DirectStack(*in.left).datagrams(Endpoint(left_address, 0));
    auto b = net::DirectStack(*in.right).datagrams(Endpoint(right_address, 0));
    for (const std::size_t size : {0U, 1U, 1472U, 1473U, 2952U, 2953U, 60'000U, 65'507U}) {
      CAPTURE(size);
      const std::string sent = numbered(size);
      co_await a.send(as_bytes(sent), b.local_address());
      const std::string got = co_await contract::receive_text(b, 70'000);
      CHECK((got == sent));
    }
    CHECK(in.right->ip().reassembly_statistics().reassembled == 5);
    CHECK(in.left->ip().statistics4().cut == 5);
  });
}

TEST_CASE("the first message to a neighbour is not lost while its address is found out") {
  test::OnCable().run([](test::OnCable& in) -> Task<void> {
    auto a = net::DirectStack(*in.left).datagrams(Endpoint(left_address, 0));
    auto b = net::DirectStack(*in.right).datagrams(Endpoint(right_address, 0));
    in.left->ip().interface(1).neighbours(IpAddress::Family::v4)->clear();
    for (int i = 0; i < 5; ++i) {
      co_await a.send(as_bytes(std::to_string(i)), b.local_address());
    }
    for (int i = 0; i < 5; ++i) {
      const std::string got = co_await contract::receive_text(b);
      CHECK(got == std::to_string(i));
    }
    CHECK(in.left->ip().interface(1).statistics().held_frames == 5);
  });
}

TEST_CASE("more messages than a device has buffers for all leave, and wait for room") {
  test::OnSimulatedLan().run([](test::OnSimulatedLan& in) -> Task<void> {
    auto a = net::DirectStack(*in.left).datagrams(Endpoint(left_address, 0));
    auto b = net::DirectStack(*in.right).datagrams(Endpoint(right_address, 0));
    // So that the neighbour is known.
    co_await a.send(as_bytes("first"), b.local_address());
    co_await contract::receive_text(b);
    constexpr int count = 200;
    const auto send_all = [&]() -> Task<void> {
      for (int i = 0; i < count; ++i) {
        co_await a.send(as_bytes(std::to_string(i)), b.local_address());
      }
    };
    int got = 0;
    const auto receive_all = [&]() -> Task<void> {
      for (;;) {
        co_await contract::receive_text(b);
        ++got;
      }
    };
    co_await join(send_all(), try_timeout(receive_all(), 10s));
    // The receiver's device has fewer buffers than that and may lose some.
    CHECK(got > 60);
    CHECK(in.left->udp().statistics().sent == 1 + count);
  });
}

TEST_CASE("a full socket drops what comes, silently, and keeps what came first") {
  test::OnCable().run([](test::OnCable& in) -> Task<void> {
    auto a = net::DirectStack(*in.left).datagrams(Endpoint(left_address, 0));
    auto b = net::DirectStack(*in.right).datagrams(Endpoint(right_address, 0));
    const std::string message = numbered(1400);
    const std::size_t count = 2 * net::limits::datagram_queue_bytes / message.size();
    for (std::size_t i = 0; i < count; ++i) {
      co_await a.send(as_bytes(std::to_string(i) + message), b.local_address());
      co_await sleep(1us);
    }
    CHECK(in.right->udp().statistics().no_room > 0);
    CHECK(in.right->ip().icmp4_statistics().errors_sent == 0);
    const std::string first = co_await contract::receive_text(b);
    CHECK(first == "0" + message);
  });
}

TEST_CASE("all sockets together keep only so much, and one that is closed gives its part back") {
  test::OnLoopback().run([](test::OnLoopback& in) -> Task<void> {
    net::DirectStack stack = in.stack();
    constexpr std::size_t count = net::limits::datagram_bytes / net::limits::datagram_queue_bytes;
    std::vector<net::DirectDatagrams> sockets;
    for (std::size_t i = 0; i <= count; ++i)
      sockets.push_back(stack.datagrams(Endpoint::loopback(0)));
    auto sender = stack.datagrams(Endpoint::loopback(0));
    for (auto& socket : sockets) {
      co_await sender.send(as_bytes("kept"), socket.local_address());
      co_await sleep(1us);
    }
    co_await sleep(5ms);
    CHECK(in.host->udp().memory_bytes() == net::limits::datagram_bytes);
    CHECK(in.host->udp().statistics().no_room == 1);
    // What was received makes room for the last one.
    co_await contract::receive_text(sockets.front());
    co_await sender.send(as_bytes("late"), sockets.back().local_address());
    const std::string got = co_await contract::receive_text(sockets.back());
    CHECK(got == "late");
    sockets.clear();
    CHECK(in.host->udp().memory_bytes() == 0);
  });
}

TEST_CASE("a socket that is closed frees its port and tells those who wait") {
  test::OnLoopback().run([](test::OnLoopback& in) -> Task<void> {
    net::DirectStack stack = in.stack();
    auto socket = stack.datagrams(Endpoint::loopback(0));
    const Endpoint bound = socket.local_address();
    std::array<std::byte, 4> buffer{};
    std::error_code seen;
    const auto wait = [&]() -> Task<void> {
      seen = co_await contract::error_of(contract::receive_once(socket, buffer));
    };
    const auto close = [&]() -> Task<void> {
      co_await sleep(1ms);
      socket.close();
    };
    co_await join(wait(), close());
    CHECK(seen == std::errc::operation_canceled);
    seen = co_await contract::error_of(contract::receive_once(socket, buffer));
    CHECK(seen == std::errc::bad_file_descriptor);
    seen = co_await contract::error_of(contract::send_once(socket, as_bytes("x"), bound));
    CHECK(seen == std::errc::bad_file_descriptor);
    auto again = stack.datagrams(bound);
    CHECK(again.local_address() == bound);
  });
}

TEST_CASE("a socket that is destroyed under a waiting task tells it so") {
  test::OnLoopback().run([](test::OnLoopback& in) -> Task<void> {
    std::optional<net::DirectDatagrams> socket(in.stack().datagrams(Endpoint::loopback(0)));
    std::array<std::byte, 4> buffer{};
    std::error_code seen;
    const auto wait = [&]() -> Task<void> {
      seen = co_await contract::error_of(contract::receive_once(*socket, buffer));
    };
    const auto destroy = [&]() -> Task<void> {
      co_await sleep(1ms);
      socket.reset();
    };
    co_await join(wait(), destroy());
    CHECK(seen == std::errc::operation_canceled);
  });
}

TEST_CASE("where there is no way, sending says so") {
  test::OnCable().run([](test::OnCable& in) -> Task<void> {
    auto socket = net::DirectStack(*in.left).datagrams(Endpoint::any(0));
    const auto error_to = [&](const char* peer) {
      return contract::error_of(contract::send_once(socket, as_bytes("x"), Endpoint::parse(peer)));
    };
    std::error_code seen = co_await error_to("198.51.100.1:53");
    CHECK(seen == std::errc::network_unreachable);
    seen = co_await error_to("[2001:db8::1]:53");
    CHECK(seen == std::errc::network_unreachable);
    seen = co_await error_to("192.0.2.2:0");
    CHECK(seen == std::errc::invalid_argument);
    in.left->ip().add_route(
        {.destination = Prefix::parse("0.0.0.0/0"), .gateway = right_address, .interface = 1});
    seen = co_await error_to("198.51.100.1:53");
    CHECK(!seen);
    auto other = net::DirectStack(*in.left).datagrams(Endpoint::loopback(0));
    seen = co_await contract::error_of(
        contract::send_once(other, as_bytes("x"), Endpoint(right_address, 53)));
    CHECK(seen == std::errc::network_unreachable);
  });
}

TEST_CASE("a broadcast reaches every socket at its port, and none answers with an error") {
  test::OnCable().run([](test::OnCable& in) -> Task<void> {
    auto a = net::DirectStack(*in.left).datagrams(Endpoint(left_address, 0));
    auto b = net::DirectStack(*in.right).datagrams(Endpoint(IpAddress::any_v4(), 67));
    for (const char* target : {"255.255.255.255:67", "192.0.2.255:67"}) {
      co_await a.send(as_bytes("all"), Endpoint::parse(target));
      const std::string got = co_await contract::receive_text(b);
      CHECK(got == "all");
    }
    co_await a.send(as_bytes("nobody"), Endpoint::parse("192.0.2.255:68"));
    co_await sleep(10ms);
    CHECK(in.right->udp().statistics().no_port == 1);
    CHECK(in.right->ip().icmp4_statistics().errors_sent == 0);
  });
}
