// What io/datagram.hpp promises of a Datagram, tried on the sockets of any Stack, on a network that
// loses nothing.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

#include "sundog/io/datagram.hpp"
#include "sundog/io/endpoint.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/closing.hpp"
#include "tests/contracts/error_of.hpp"

namespace sundog::contract {

template <Datagram D>
Task<typename D::Received> receive_once(D& socket, MutableBytes buffer) {
  co_return co_await socket.receive(buffer);
}

template <Datagram D>
Task<void> send_once(D& socket, Bytes message, Endpoint peer) {
  co_await socket.send(message, peer);
}

template <Datagram D>
Task<std::string> receive_text(D& socket, std::size_t size_max = 2000) {
  std::vector<std::byte> buffer(size_max);
  const auto received = co_await socket.receive(MutableBytes(buffer));
  co_return std::string(reinterpret_cast<const char*>(buffer.data()), received.size);
}

template <Datagram D>
Task<void> keeps_messages_apart(D& a, D& b) {
  const Endpoint to_b = b.local_address();
  const Endpoint to_a = a.local_address();
  co_await a.send(as_bytes("one"), to_b);
  co_await a.send(as_bytes(""), to_b);
  co_await a.send(as_bytes("three"), to_b);
  std::array<std::byte, 4> buffer{};
  const auto first = co_await b.receive(buffer);
  CHECK(first.size == 3);
  CHECK_FALSE(first.truncated);
  CHECK(Endpoint(first.peer) == to_a);
  const auto second = co_await b.receive(buffer);
  CHECK(second.size == 0);
  CHECK_FALSE(second.truncated);
  const auto third = co_await b.receive(buffer);
  CHECK(third.size == 4);
  CHECK(third.truncated);
  // The rest is lost: nothing of it stands before the next.
  co_await b.send(as_bytes("four"), third.peer);
  const std::string answer = co_await receive_text(a);
  CHECK(answer == "four");
}

template <Datagram D>
Task<void> serves_who_came_first(D& a, D& b) {
  std::string order;
  const auto wait_for_one = [&](char name) -> Task<void> {
    const std::string text = co_await receive_text(b);
    order += name + text + " ";
  };
  const auto send_all = [&]() -> Task<void> {
    co_await sleep(std::chrono::milliseconds(1));
    const Endpoint to_b = b.local_address();
    co_await a.send(as_bytes("1"), to_b);
    co_await a.send(as_bytes("2"), to_b);
    co_await a.send(as_bytes("3"), to_b);
  };
  co_await scope([&](Scope& tasks) -> Task<void> {
    tasks.spawn(wait_for_one, 'a');
    tasks.spawn(wait_for_one, 'b');
    tasks.spawn(wait_for_one, 'c');
    co_await send_all();
  });
  CHECK(order == "a1 b2 c3 ");
}

template <Datagram D>
Task<void> loses_no_message_to_a_cancelled_receive(D& a, D& b) {
  constexpr int count = 60;
  const Endpoint to_b = b.local_address();
  const auto send_all = [&]() -> Task<void> {
    for (int i = 0; i < count; ++i) {
      co_await a.send(as_bytes(std::to_string(i)), to_b);
      co_await sleep(std::chrono::microseconds(200));
    }
  };
  const auto receive_all = [&]() -> Task<void> {
    for (int i = 0; i < count;) {
      const auto text = co_await try_timeout(receive_text(b), std::chrono::microseconds(150));
      if (!text) continue;
      CHECK(*text == std::to_string(i));
      ++i;
    }
  };
  co_await join(send_all(), receive_all());
}

template <Datagram D>
Task<void> refuses_what_is_too_large(D& a, D& b) {
  const Endpoint to_b = b.local_address();
  const std::string large(70'000, 'x');
  const auto error = co_await error_of(send_once(a, as_bytes(large), to_b));
  CHECK(error == std::errc::message_size);
  co_await a.send(as_bytes("small"), to_b);
  const std::string text = co_await receive_text(b);
  CHECK(text == "small");
}

template <class World>
Task<void> ends_receives_when_it_goes(World& world) {
  auto stack = world.stack();
  Endpoint bound = Endpoint::loopback(0);
  for (const Going going : goings) {
    std::optional socket(stack.datagrams(bound));
    if constexpr (Closable<std::remove_cvref_t<decltype(*socket)>>) {
      bound = socket->local_address();
      std::array<std::byte, 8> buffer{};
      co_await ends_what_waits(socket, going, 2, [&](auto& it) -> Task<void> {
        static_cast<void>(co_await it.receive(buffer));
      });
    }
  }
}

// `World` as in stack.hpp.
template <class World>
void datagram(World world) {
  const auto on_new_sockets = [&world](auto test) {
    world.run([test](World& in) -> Task<void> {
      for (const IpAddress& address : {IpAddress::loopback_v4(), IpAddress::loopback_v6()}) {
        auto stack = in.stack();
        auto a = stack.datagrams(Endpoint(address, 0));
        auto b = stack.datagrams(Endpoint(address, 0));
        co_await test(a, b);
      }
    });
  };
  SECTION("messages keep their bounds and their peer, and say when they were cut") {
    on_new_sockets([](auto& a, auto& b) { return keeps_messages_apart(a, b); });
  }
  SECTION("of several tasks that wait, each gets a message, first come, first served") {
    on_new_sockets([](auto& a, auto& b) { return serves_who_came_first(a, b); });
  }
  SECTION("cancelling receives loses no message") {
    on_new_sockets([](auto& a, auto& b) { return loses_no_message_to_a_cancelled_receive(a, b); });
  }
  SECTION("one that is closed or destroyed ends the tasks that receive") {
    world.run([](World& in) { return ends_receives_when_it_goes(in); });
  }
  SECTION("a message that is too large is refused, and the socket goes on") {
    on_new_sockets([](auto& a, auto& b) { return refuses_what_is_too_large(a, b); });
  }
}

}  // namespace sundog::contract
