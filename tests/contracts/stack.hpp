// What io/stack.hpp promises of a Stack, and io/flow.hpp of its Listeners, tried on any.
//
// A World says what the stack is and how a task runs:
//   world.run(body)     runs body(world), a task, on each machine that has such a stack
//   world.stack()       a stack with both families' loopback, from a task
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sundog/io/stack.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/closing.hpp"
#include "tests/contracts/error_of.hpp"

namespace sundog::contract {

template <Stack S>
Task<typename S::Connection> connect_to(S& stack, Endpoint endpoint) {
  co_return co_await stack.connect(endpoint);
}

template <Listener L>
auto accept_from(L& listener) -> Task<await_result_t<decltype(listener.accept())>> {
  co_return co_await listener.accept();
}

// A byte from one end to the other.
template <Flow A, Flow B>
Task<bool> are_connected(A& a, B& b, char letter) {
  const std::string sent(1, letter);
  co_await a.write(as_bytes(sent));
  std::array<std::byte, 1> got{};
  const std::size_t count = co_await b.read(got);
  co_return count == 1 && got[0] == static_cast<std::byte>(letter);
}

template <Stack S>
Task<void> connects(S stack, IpAddress address) {
  auto listener = stack.listen(Endpoint(address, 0));
  const Endpoint bound = listener.local_address();
  CHECK(bound.address() == address);
  CHECK(bound.port() != 0);
  auto [client, server] = co_await join(connect_to(stack, bound), accept_from(listener));
  const bool there = co_await are_connected(client, server, 'a');
  const bool back = co_await are_connected(server, client, 'b');
  CHECK((there && back));
  CHECK(client.peer_address() == listener.local_address());
  CHECK(server.local_address() == listener.local_address());
  CHECK(server.peer_address() == client.local_address());
  CHECK(Endpoint(client.local_address()).address() == address);
}

template <Stack S>
Task<void> binds_all_families(S stack) {
  auto listener = stack.listen(Endpoint::any(0));
  const std::uint16_t port = Endpoint(listener.local_address()).port();
  for (const IpAddress& address : {IpAddress::loopback_v4(), IpAddress::loopback_v6()}) {
    auto [client, server] =
        co_await join(connect_to(stack, Endpoint(address, port)), accept_from(listener));
    const bool connected = co_await are_connected(client, server, 'c');
    CHECK(connected);
    const IpAddress shown = Endpoint(server.peer_address()).address();
    CHECK(shown == address.mapped());
    CHECK(Endpoint(client.peer_address()).address() == address);
  }
  // Datagrams: an answer goes back to the peer as it was shown.
  auto socket = stack.datagrams(Endpoint::any(0));
  const std::uint16_t socket_port = Endpoint(socket.local_address()).port();
  for (const IpAddress& address : {IpAddress::loopback_v4(), IpAddress::loopback_v6()}) {
    auto other = stack.datagrams(Endpoint(address, 0));
    co_await other.send(as_bytes("question"), Endpoint(address, socket_port));
    std::array<std::byte, 16> buffer{};
    const auto received = co_await socket.receive(buffer);
    CHECK(Endpoint(received.peer).address() == address.mapped());
    co_await socket.send(as_bytes("answer"), received.peer);
    const auto answer = co_await other.receive(buffer);
    CHECK(answer.size == 6);
  }
}

// Of what binds: an endpoint that is taken, and one that this machine has not.
template <class Bind>
void refuses_to_bind(Bind bind) {
  const auto first = bind(Endpoint::loopback(0));
  const Endpoint taken = first.local_address();
  try {
    bind(taken);
    FAIL("it was bound twice");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::address_in_use);
    CHECK_THAT(error.what(), Catch::Contains(taken.to_string()));
  }
  try {
    bind(Endpoint::parse("192.0.2.1:0"));  // RFC 5737: nobody has this one
    FAIL("it was bound");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::address_not_available);
    CHECK_THAT(error.what(), Catch::Contains("192.0.2.1"));
  }
}

template <Stack S>
Task<void> refuses_connections(S stack) {
  std::optional<Endpoint> closed;
  {
    const auto listener = stack.listen(Endpoint::loopback(0));
    closed = listener.local_address();
  }
  co_await sleep(std::chrono::milliseconds(5));  // the host's kernel may close it a little later
  std::string what;
  try {
    static_cast<void>(co_await stack.connect(*closed));
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::connection_refused);
    what = error.what();
  }
  CHECK_THAT(what, Catch::Contains(closed->to_string()));
}

template <Stack S>
Task<void> forgets_no_connection_for_a_cancelled_accept(S stack) {
  auto listener = stack.listen(Endpoint::loopback(0));
  const Endpoint bound = listener.local_address();
  constexpr int count = 20;
  int served = 0;
  int closed = 0;
  const auto come = [&]() -> Task<void> {
    for (int i = 0; i < count; ++i) {
      auto flow = co_await stack.connect(bound);
      std::array<std::byte, 1> answer{};
      const std::size_t size = co_await flow.read(answer);
      ++(size == 1 ? served : closed);
    }
  };
  const auto serve = [&]() -> Task<void> {
    while (served + closed < count) {
      auto flow = co_await try_timeout(accept_from(listener), std::chrono::microseconds(150));
      if (flow) co_await flow->write(as_bytes("!"));
    }
  };
  co_await join(come(), serve());
  CHECK(served > 0);
}

template <Stack S>
Task<void> accepts_for_who_came_first(S stack) {
  auto listener = stack.listen(Endpoint::loopback(0));
  const Endpoint bound = listener.local_address();
  std::string order;
  const auto take_one_in = [&](char name) -> Task<void> {
    auto flow = co_await listener.accept();
    std::array<std::byte, 1> letter{};
    co_await flow.read(letter);
    order += {name, static_cast<char>(letter[0]), ' '};
  };
  const auto come = [&](char letter) -> Task<void> {
    auto flow = co_await stack.connect(bound);
    co_await flow.write(as_bytes(std::string_view(&letter, 1)));
    co_await flow.shutdown();
    std::array<std::byte, 1> end{};
    co_await flow.read(end);
  };
  co_await scope([&](Scope& tasks) -> Task<void> {
    tasks.spawn(take_one_in, 'a');
    tasks.spawn(take_one_in, 'b');
    tasks.spawn(take_one_in, 'c');
    co_await sleep(std::chrono::milliseconds(1));
    // One after the other, so that they come in order.
    co_await come('1');
    co_await come('2');
    co_await come('3');
  });
  CHECK(order == "a1 b2 c3 ");
}

template <Stack S>
Task<void> ends_accepts_when_it_goes(S stack) {
  if constexpr (Closable<typename S::Listener>) {
    Endpoint bound = Endpoint::loopback(0);
    for (const Going going : goings) {
      std::optional listener(stack.listen(bound));
      // Its port is free as soon as it has gone.
      bound = listener->local_address();
      co_await ends_what_waits(listener, going, 2, [](auto& it) -> Task<void> {
        static_cast<void>(co_await it.accept());
      });
    }
  }
}

template <Stack S>
Task<void> finishes_without_losing_anybody(S stack) {
  if constexpr (FinishingListener<typename S::Listener>) {
    auto listener = stack.listen(Endpoint::loopback(0));
    const Endpoint bound = listener.local_address();
    std::vector<typename S::Connection> clients;
    const auto come = [&]() -> Task<void> { clients.push_back(co_await connect_to(stack, bound)); };
    for (int i = 0; i < 3; ++i) co_await come();
    listener.finish();
    listener.finish();
    // Who comes later is not let in, but may be let wait.
    const auto waits = [&]() -> Task<void> {
      static_cast<void>(co_await error_of(come()));
      co_await sleep(std::chrono::hours(1));
    };
    co_await try_timeout(waits(), std::chrono::milliseconds(20));
    CHECK(clients.size() == 3);
    for (int i = 0; i < 3; ++i) {
      auto server = co_await listener.accept();
      const bool connected =
          co_await are_connected(clients[static_cast<std::size_t>(i)], server, 'd');
      CHECK(connected);
    }
    for (int i = 0; i < 2; ++i) {
      const std::error_code end = co_await error_of(accept_from(listener));
      CHECK(end == std::errc::operation_canceled);
    }
    listener.close();
    const std::error_code closed = co_await error_of(accept_from(listener));
    CHECK(closed == std::errc::bad_file_descriptor);
  }
}

template <Stack S>
Task<void> tells_who_accepts_that_it_finishes(S stack) {
  if constexpr (FinishingListener<typename S::Listener>) {
    auto listener = stack.listen(Endpoint::loopback(0));
    std::error_code end;
    const auto waits = [&]() -> Task<void> { end = co_await error_of(accept_from(listener)); };
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(waits());
      co_await sleep(std::chrono::milliseconds(1));
      listener.finish();
    });
    CHECK(end == std::errc::operation_canceled);
  }
}

template <Stack S>
Task<void> has_addresses(S stack) {
  for (const Prefix& prefix : stack.addresses()) {
    INFO(prefix.to_string());
    CHECK_FALSE(prefix.address().is_any());
    CHECK(prefix.contains(prefix.address()));
    // Each can be bound.
    const auto socket = stack.datagrams(Endpoint(prefix.address(), 0));
    CHECK(Endpoint(socket.local_address()).address() == prefix.address());
  }
  co_return;
}

template <class World>
void stack(World world) {
  SECTION("a connection has two ends, which tell where both are, in each family") {
    world.run([](World& in) -> Task<void> {
      co_await connects(in.stack(), IpAddress::loopback_v4());
      co_await connects(in.stack(), IpAddress::loopback_v6());
    });
  }
  SECTION("what is bound to [::] serves both families, and shows IPv4 peers as mapped ones") {
    world.run([](World& in) -> Task<void> { co_await binds_all_families(in.stack()); });
  }
  SECTION("an endpoint that is taken, or that the machine has not, is refused by name") {
    world.run([](World& in) -> Task<void> {
      auto stack = in.stack();
      refuses_to_bind([&](const Endpoint& endpoint) { return stack.listen(endpoint); });
      refuses_to_bind([&](const Endpoint& endpoint) { return stack.datagrams(endpoint); });
      co_return;
    });
  }
  SECTION("where nobody listens, a connection is refused by name") {
    world.run([](World& in) -> Task<void> { co_await refuses_connections(in.stack()); });
  }
  SECTION(
      "a connection that comes as an accept is cancelled is served or closed, never forgotten") {
    world.run([](World& in) -> Task<void> {
      co_await forgets_no_connection_for_a_cancelled_accept(in.stack());
    });
  }
  SECTION("of several tasks that accept, each gets a connection, first come, first served") {
    world.run([](World& in) -> Task<void> { co_await accepts_for_who_came_first(in.stack()); });
  }
  SECTION("a listener that is closed or destroyed ends the tasks that accept") {
    world.run([](World& in) { return ends_accepts_when_it_goes(in.stack()); });
  }
  SECTION("a listener that finishes gives out who had come, lets nobody in, and then says so") {
    world.run([](World& in) { return finishes_without_losing_anybody(in.stack()); });
    world.run([](World& in) { return tells_who_accepts_that_it_finishes(in.stack()); });
  }
  SECTION("the addresses of the stack are the machine's own") {
    world.run([](World& in) -> Task<void> { co_await has_addresses(in.stack()); });
  }
}

}  // namespace sundog::contract
