// What is closed while other tasks wait for it: every operation on every kind of descriptor ends,
// in the same way on both pollers.
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <concepts>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sundog/io/unix/pipe.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/unix/each_poller.hpp"
#include "tests/unix/run_on_uring.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::on_each_poller;
using test::pattern;

namespace {

// Numbers, which a failing check can show.
using Error = int;
constexpr Error no_error = 0;

// How an operation ended.
template <class Make>
Task<Error> outcome(Make make) {
  try {
    static_cast<void>(co_await make());
  } catch (const std::system_error& error) {
    co_return error.code().value();
  }
  co_return no_error;
}

Task<int> read_from(Socket& socket) {
  std::array<std::byte, 16> buffer;
  co_return static_cast<int>(co_await socket.read(buffer));
}
Task<int> write_to(Socket& socket, Bytes bytes) {
  co_await socket.write(bytes);
  co_return 0;
}
Task<int> write_parts_to(Socket& socket, Bytes bytes) {
  const std::array<Bytes, 2> parts = {bytes.first(1), bytes.subspan(1)};
  co_await socket.write(std::span<const Bytes>(parts));
  co_return 0;
}
Task<int> accept_from(Acceptor& listener) {
  const Socket socket = co_await listener.accept();
  co_return 0;
}
Task<int> receive_from(Datagrams& socket) {
  std::array<std::byte, 16> buffer;
  const auto message = co_await socket.receive(buffer);
  co_return static_cast<int>(message.size);
}
Task<int> read_from(PipeReader& pipe) {
  std::array<std::byte, 16> buffer;
  co_return static_cast<int>(co_await pipe.read(buffer));
}
Task<int> write_to(PipeWriter& pipe, Bytes bytes) {
  co_await pipe.write(bytes);
  co_return 0;
}

Task<std::pair<Socket, Socket>> connected() {
  Acceptor listener(Address::loopback(0));
  Socket client = co_await Socket::connect(listener.local_address());
  Socket server = co_await listener.accept();
  co_return std::pair(std::move(client), std::move(server));
}

// A descriptor of some kind, a task's operation on it, and three ways for it to go.
struct Case {
  std::string name;
  std::function<Task<int>()> operation;
  std::function<void()> close;
  std::function<void()> destroy;
  std::function<void()> move_over;
  // True when the other side has seen the end; null if there is nothing to see.
  std::function<Task<bool>()> peer_sees_end;
  std::shared_ptr<void> alive;  // all of this
};

template <class Object>
Case make_case(std::string name, std::shared_ptr<std::optional<Object>> object,
               std::function<Object()> another, std::function<Task<int>(Object&)> operation) {
  Case made;
  made.name = std::move(name);
  made.operation = [object, operation] { return operation(**object); };
  made.close = [object] { (*object)->close(); };
  made.destroy = [object] { object->reset(); };
  made.move_over = [object, another] { **object = another(); };
  made.alive = object;
  return made;
}

Task<bool> socket_ended(Socket& peer) {
  std::array<std::byte, 65'536> buffer;
  try {
    for (std::size_t count = 1; count > 0;) count = co_await peer.read(buffer);
  } catch (const std::system_error& error) {
    co_return error.code().value() == ECONNRESET;
  }
  co_return true;
}

const std::string& much() {
  static const std::string bytes = pattern(20'000'000);
  return bytes;
}

// Waits begun before, each ended by its time: the next then receives ahead where that is done.
Task<void> warm_up(std::function<Task<int>()> operation, int waits) {
  for (int i = 0; i < waits; ++i) {
    const auto late = co_await try_timeout(operation(), 1ms);
    CHECK_FALSE(late.has_value());
  }
}

Task<std::vector<Case>> all_cases() {
  std::vector<Case> cases;
  const auto add_socket = [&](std::string name, std::pair<Socket, Socket> ends,
                              std::function<Task<int>(Socket&)> operation) {
    auto near = std::make_shared<std::optional<Socket>>(std::move(ends.first));
    auto far = std::make_shared<Socket>(std::move(ends.second));
    Case made =
        make_case<Socket>(std::move(name), near, [] { return Socket::pair().first; }, operation);
    made.peer_sees_end = [far] { return socket_ended(*far); };
    cases.push_back(std::move(made));
  };
  const auto read = [](Socket& it) { return read_from(it); };
  const auto write = [](Socket& it) { return write_to(it, as_bytes(much())); };
  const auto write_parts = [](Socket& it) { return write_parts_to(it, as_bytes(much())); };
  add_socket("a read from a TCP socket", co_await connected(), read);
  add_socket("a large write to a TCP socket", co_await connected(), write);
  add_socket("a write of parts to a TCP socket", co_await connected(), write_parts);
  add_socket("a read from a local socket", Socket::pair(), read);
  add_socket("a large write to a local socket", Socket::pair(), write);
  add_socket("a write of parts to a local socket", Socket::pair(), write_parts);
  cases.push_back(make_case<Acceptor>(
      "an accept", std::make_shared<std::optional<Acceptor>>(std::in_place, Address::loopback(0)),
      [] { return Acceptor(Address::loopback(0)); }, [](Acceptor& it) { return accept_from(it); }));
  for (const Address& address : {Address::loopback(0), Address::local("@sundog-close-test")}) {
    cases.push_back(make_case<Datagrams>(
        "a receive at " + std::string(address.family() == AF_UNIX ? "a local path" : "a port"),
        std::make_shared<std::optional<Datagrams>>(std::in_place, address),
        [] { return Datagrams(Address::loopback(0)); },
        [](Datagrams& it) { return receive_from(it); }));
  }
  {
    auto [reader, writer] = make_pipe();
    auto near = std::make_shared<std::optional<PipeReader>>(std::move(reader));
    auto far = std::make_shared<PipeWriter>(std::move(writer));
    cases.push_back(make_case<PipeReader>(
        "a read from a pipe", near, [] { return make_pipe().first; },
        [](PipeReader& it) { return read_from(it); }));
    cases.back().peer_sees_end = [far]() -> Task<bool> {
      const auto code = co_await outcome([&] { return write_to(*far, as_bytes("x")); });
      co_return code == EPIPE;
    };
  }
  {
    auto [reader, writer] = make_pipe();
    auto near = std::make_shared<std::optional<PipeWriter>>(std::move(writer));
    auto far = std::make_shared<PipeReader>(std::move(reader));
    cases.push_back(make_case<PipeWriter>(
        "a write to a pipe", near, [] { return make_pipe().second; },
        [](PipeWriter& it) { return write_to(it, as_bytes(much())); }));
    cases.back().peer_sees_end = [far]() -> Task<bool> {
      std::array<std::byte, 65'536> buffer;
      for (std::size_t count = 1; count > 0;) count = co_await far->read(buffer);
      co_return true;
    };
  }
  co_return cases;
}

// The operation waits; then `go` happens to what it waits for.
Task<void> check(Case& it, const std::function<void()>& go) {
  INFO(it.name);
  std::optional<Error> code;
  const auto wait_for_it = [&]() -> Task<void> { code = co_await outcome(it.operation); };
  co_await scope([&](Scope& tasks) -> Task<void> {
    tasks.spawn(wait_for_it());
    co_await sleep(2ms);
    CHECK_FALSE(code.has_value());
    go();
    for (int i = 0; i < 1000 && !code; ++i) co_await sleep(1ms);
    CHECK(code.value_or(-1) == ECANCELED);
    if (it.peer_sees_end) {
      const std::optional<bool> seen = co_await try_timeout(it.peer_sees_end(), 5s);
      CHECK(seen == true);
    }
    tasks.cancel_tasks();
  });
}

Task<void> check_all(int waits_before) {
  const std::size_t count = (co_await all_cases()).size();
  for (std::size_t i = 0; i < count; ++i) {
    for (const auto way : {&Case::close, &Case::destroy, &Case::move_over}) {
      std::vector<Case> cases = co_await all_cases();
      Case it = std::move(cases[i]);
      cases.clear();
      const bool is_write = it.name.find("write") != std::string::npos;
      if (!is_write) co_await warm_up(it.operation, waits_before);
      co_await check(it, it.*way);
    }
  }
}

}  // namespace

TEST_CASE("what waits for something that is closed, destroyed or moved over ends with an error") {
  on_each_poller([]() -> Task<void> { co_await check_all(0); });
}

TEST_CASE("what waits for something that receives ahead and is closed ends with an error") {
  on_each_poller([]() -> Task<void> { co_await check_all(4); });
  // Streams too.
  test::run_on_uring(check_all(4), UringPoller::submissions_default,
                     UringPoller::completions_default, 0);
}

TEST_CASE("what waits is closed in rings that are always full") {
  test::run_on_uring(check_all(0), 1, 2);
  test::run_on_uring(check_all(4), 2, 2, 0);
}

// What was closed can be made again at once: nothing has to wait for a turn of the loop.
Task<void> what_is_closed_is_free_at_once() {
  co_await yield();
  Acceptor acceptor(Address::loopback(0));
  const Address heard_at = acceptor.local_address();
  acceptor.close();
  CHECK_NOTHROW(Acceptor(heard_at));
  Datagrams datagrams(Address::loopback(0));
  const Address bound_to = datagrams.local_address();
  datagrams.close();
  CHECK_NOTHROW(Datagrams(bound_to));
  auto [reader, writer] = make_pipe();
  const int number = writer.descriptor();
  writer.close();
  CHECK(::fcntl(number, F_GETFD) == -1);
  // A child of fork() would hold the end of a pipe that is not closed yet.
  pollfd look = {.fd = reader.descriptor(), .events = POLLIN, .revents = 0};
  CHECK(::poll(&look, 1, 0) == 1);
  CHECK((look.revents & POLLHUP) != 0);
}
TEST_CASE("a port, a number and a pipe's end are free when close() returns") {
  on_each_poller(what_is_closed_is_free_at_once);
}

// The same under tasks that wait, and under what receives ahead of them.
Task<void> port_is_free_under_waiters(int waits_before) {
  std::optional<Acceptor> acceptor(std::in_place, Address::loopback(0));
  std::optional<Datagrams> datagrams(std::in_place, Address::loopback(0));
  auto [reader, writer] = make_pipe();
  std::vector<Error> codes;
  const auto note = [&codes](auto operation) -> Task<void> {
    codes.push_back(co_await outcome(std::move(operation)));
  };
  ListenOptions at_once;
  at_once.address_awaited_for = Duration::zero();
  for (const bool destroyed : {false, true}) {
    co_await warm_up([&] { return accept_from(*acceptor); }, waits_before);
    co_await warm_up([&] { return receive_from(*datagrams); }, waits_before);
    const Address heard_at = acceptor->local_address();
    const Address bound_to = datagrams->local_address();
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(note([&] { return accept_from(*acceptor); }));
      tasks.spawn(note([&] { return accept_from(*acceptor); }));
      tasks.spawn(note([&] { return receive_from(*datagrams); }));
      tasks.spawn(note([&] { return receive_from(*datagrams); }));
      co_await sleep(2ms);
      destroyed ? acceptor.reset() : acceptor->close();
      CHECK_NOTHROW(acceptor.emplace(heard_at, at_once));
      destroyed ? datagrams.reset() : datagrams->close();
      CHECK_NOTHROW(datagrams.emplace(bound_to, at_once));
    });
  }
  CHECK(codes == std::vector<Error>(8, ECANCELED));
  // What takes the port over works.
  Socket client = co_await Socket::connect(acceptor->local_address());
  static_cast<void>(co_await acceptor->accept());
}
TEST_CASE("a port is free when close() returns though tasks wait there") {
  on_each_poller([]() -> Task<void> {
    co_await port_is_free_under_waiters(0);
    co_await port_is_free_under_waiters(4);
  });
}

TEST_CASE(
    "the other end of a pipe sees that it was closed when close() returns, also under a task") {
  on_each_poller([]() -> Task<void> {
    auto [reader, writer] = make_pipe();
    Error code = no_error;
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(
          [&]() -> Task<void> { code = co_await outcome([&] { return read_from(reader); }); });
      co_await sleep(2ms);
      reader.close();
      CHECK(::write(writer.descriptor(), "x", 1) == -1);
      CHECK(errno == EPIPE);
    });
    CHECK(code == ECANCELED);
  });
}

// What a killed process has left at a port for a moment is no reason for its successor to fail.
template <class Listener>
void check_successor(PollerChoice choice) {
  int ports[2];
  REQUIRE(::pipe(ports) == 0);
  const pid_t killed = ::fork();
  REQUIRE(killed >= 0);
  if (killed == 0) {
    choose_poller(choice);
    run([&]() -> Task<void> {
      Listener listener(Address::loopback(0));
      const std::uint16_t port = listener.local_address().port();
      const auto wait = [&]() -> Task<void> {
        if constexpr (std::same_as<Listener, Acceptor>) {
          co_await accept_from(listener);
        } else {
          for (;;) co_await try_timeout(receive_from(listener), 1ms);
        }
      };
      const auto tell = [&]() -> Task<void> {
        co_await sleep(20ms);
        static_cast<void>(!::write(ports[1], &port, sizeof port));
      };
      co_await join(wait(), tell());
    }());
    ::_exit(1);
  }
  std::uint16_t port = 0;
  REQUIRE(::read(ports[0], &port, sizeof port) == sizeof port);
  ::close(ports[0]);
  ::close(ports[1]);
  ::kill(killed, SIGKILL);
  REQUIRE(::waitpid(killed, nullptr, 0) == killed);
  choose_poller(choice);
  run([](std::uint16_t at) -> Task<void> {
    ListenOptions patient;  // whatever else this machine does
    patient.address_awaited_for = 20s;
    CHECK_NOTHROW(Listener(Address::loopback(at), patient));
    co_return;
  }(port));
}
TEST_CASE("a port whose process was killed can be listened on at once") {
  for (const PollerChoice choice : {PollerChoice::automatic, PollerChoice::epoll}) {
    for (int i = 0; i < 3; ++i) check_successor<Acceptor>(choice);
    check_successor<Datagrams>(choice);
  }
  choose_poller(PollerChoice::automatic);
}

TEST_CASE("an address that stays in use is waited for as long as asked, and then an error") {
  on_each_poller([]() -> Task<void> {
    const Acceptor first(Address::loopback(0));
    ListenOptions options;
    for (const Duration wait : {Duration::zero(), Duration(30ms)}) {
      options.address_awaited_for = wait;
      const TimePoint start = UnixPoller::current().now();
      const auto listen = [&]() -> Task<int> {
        const Acceptor second(first.local_address(), options);
        co_return 0;
      };
      CHECK(co_await outcome(listen) == EADDRINUSE);
      CHECK(UnixPoller::current().now() - start >= wait);
    }
  });
}

TEST_CASE("after close() every operation fails with bad_file_descriptor") {
  on_each_poller([]() -> Task<void> {
    std::vector<Case> cases = co_await all_cases();
    for (Case& it : cases) {
      INFO(it.name);
      it.close();
      CHECK(co_await outcome(it.operation) == EBADF);
      it.close();
    }
    Socket socket = Socket::pair().first;
    socket.close();
    const auto shut_down = [&]() -> Task<int> {
      co_await socket.shutdown();
      co_return 0;
    };
    CHECK(co_await outcome(shut_down) == EBADF);
    CHECK_THROWS_AS(socket.local_address(), std::system_error);
    Datagrams datagrams(Address::loopback(0));
    const Address address = datagrams.local_address();
    datagrams.close();
    const auto send = [&]() -> Task<int> {
      co_await datagrams.send(as_bytes("x"), address);
      co_return 0;
    };
    CHECK(co_await outcome(send) == EBADF);
    CHECK_THROWS_AS(datagrams.local_address(), std::system_error);
    Acceptor listener(Address::loopback(0));
    listener.close();
    CHECK_THROWS_AS(listener.local_address(), std::system_error);
  });
}

TEST_CASE("many tasks that wait for one thing all end when it is closed") {
  on_each_poller([]() -> Task<void> {
    for (const int waits : {0, 4}) {
      std::optional<Acceptor> listener(std::in_place, Address::loopback(0));
      std::optional<Datagrams> datagrams(std::in_place, Address::loopback(0));
      co_await warm_up([&] { return receive_from(*datagrams); }, waits);
      int ended = 0;
      const auto wait_for_it = [&](std::function<Task<int>()> operation) -> Task<void> {
        CHECK(co_await outcome(operation) == ECANCELED);
        ++ended;
      };
      co_await scope([&](Scope& tasks) -> Task<void> {
        for (int i = 0; i < 5; ++i) {
          tasks.spawn(wait_for_it([&] { return accept_from(*listener); }));
          tasks.spawn(wait_for_it([&] { return receive_from(*datagrams); }));
        }
        co_await sleep(2ms);
        listener.reset();
        datagrams.reset();
      });
      CHECK(ended == 10);
    }
  });
}

TEST_CASE("a wait that is closed and cancelled in one turn ends once, by its cancellation") {
  on_each_poller([]() -> Task<void> {
    const std::size_t count = (co_await all_cases()).size();
    for (std::size_t i = 0; i < count; ++i) {
      for (const bool closed_first : {true, false}) {
        std::vector<Case> cases = co_await all_cases();
        Case it = std::move(cases[i]);
        cases.clear();
        INFO(it.name);
        int ends = 0;
        const auto wait_for_it = [&]() -> Task<void> {
          static_cast<void>(co_await outcome(it.operation));
          ++ends;
        };
        co_await scope([&](Scope& tasks) -> Task<void> {
          tasks.spawn(wait_for_it());
          co_await sleep(2ms);
          if (closed_first) it.close();
          tasks.cancel_tasks();
          if (!closed_first) it.close();
        });
        // Closed first, its result may have been there already.
        CHECK(ends <= (closed_first ? 1 : 0));
      }
    }
  });
}

TEST_CASE("a request that was never submitted does not reach the descriptor that comes next") {
  on_each_poller([]() -> Task<void> {
    for (int round = 0; round < 50; ++round) {
      std::pair<Socket, Socket> ends = Socket::pair();
      Socket& first = ends.first;
      std::optional<Error> code;
      const auto read = [&]() -> Task<void> {
        code = co_await outcome([&] { return read_from(first); });
      };
      co_await scope([&](Scope& tasks) -> Task<void> {
        tasks.spawn(read());
        co_await yield();  // begun, and not submitted
        first.close();
        std::pair<Socket, Socket> next = Socket::pair();
        co_await next.second.write(as_bytes("secret"));
        co_await sleep(1ms);
        CHECK(code.value_or(-1) == ECANCELED);
        std::array<std::byte, 16> buffer;
        CHECK(co_await next.first.read(buffer) == 6);
      });
    }
  });
}

TEST_CASE(
    "an operation kept while its socket was closed does not reach the descriptor that comes next") {
  on_each_poller([]() -> Task<void> {
    std::pair<Socket, Socket> ends = Socket::pair();
    auto kept = ends.first.write(as_bytes("secret"));
    ends.first.close();
    co_await sleep(1ms);
    std::pair<Socket, Socket> next = Socket::pair();
    const auto write = [&]() -> Task<int> {
      co_await std::move(kept);
      co_return 0;
    };
    CHECK(co_await outcome(write) == EBADF);
    CHECK_FALSE((co_await try_timeout(read_from(next.first), 2ms)).has_value());
    CHECK_FALSE((co_await try_timeout(read_from(next.second), 2ms)).has_value());
  });
}

TEST_CASE("closing one copy of a descriptor leaves alone who waits with another") {
  on_each_poller([]() -> Task<void> {
    auto [reader, writer] = make_pipe();
    PipeReader copy{Descriptor(::fcntl(reader.descriptor(), F_DUPFD_CLOEXEC, 3))};
    std::optional<Error> code;
    const auto wait_for_it = [&]() -> Task<void> {
      code = co_await outcome([&] { return read_from(reader); });
    };
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(wait_for_it());
      co_await sleep(2ms);
      copy.close();
      co_await sleep(2ms);
      CHECK_FALSE(code.has_value());
      co_await writer.write(as_bytes("x"));
    });
    CHECK(code == no_error);
  });
}

TEST_CASE("a socket that is moved while a task reads from it goes on to receive") {
  const auto body = []() -> Task<void> {
    auto [first, peer] = Socket::pair();
    co_await warm_up([&] { return read_from(first); }, 4);
    std::optional<Socket> second;
    const auto read = [&]() -> Task<void> { CHECK(co_await read_from(first) == 1); };
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(read());
      co_await sleep(1ms);
      second = std::move(first);
      co_await peer.write(as_bytes("x"));
    });
    co_await peer.write(as_bytes("yz"));
    CHECK(co_await read_from(*second) == 2);
    peer.close();
    CHECK(co_await read_from(*second) == 0);
  };
  on_each_poller(body);
  test::run_on_uring(body(), UringPoller::submissions_default, UringPoller::completions_default, 0);
}

TEST_CASE("shutdown() ends a write of another task with broken_pipe") {
  on_each_poller([]() -> Task<void> {
    auto [near, far] = Socket::pair();
    std::optional<Error> code;
    const auto write = [&]() -> Task<void> {
      code = co_await outcome([&] { return write_to(near, as_bytes(much())); });
    };
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(write());
      co_await sleep(2ms);
      co_await near.shutdown();
    });
    CHECK(code == EPIPE);
  });
}

TEST_CASE("a descriptor's number is free again after it was closed under a request") {
  on_each_poller([]() -> Task<void> {
    const auto next_free = [] {
      const int next = ::dup(0);
      ::close(next);
      return next;
    };
    const int before = next_free();
    co_await check_all(1);
    co_await sleep(5ms);
    CHECK(next_free() <= before + 2);
  });
}
