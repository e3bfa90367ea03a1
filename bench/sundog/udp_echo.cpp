// UDP echo on Sundog: `udp_echo --port=N [--poller=uring|epoll]`.
//
// On io_uring many tasks wait on the one socket, so that many answers go to the kernel together, in
// one system call: a task that sends waits until its message is out. On epoll there is nothing to
// gain: one task.
#include <array>
#include <charconv>
#include <cstdio>
#include <span>
#include <string_view>

#include "sundog/io/run.hpp"
#include "sundog/io/unix/address.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/scope.hpp"

namespace sundog::bench {
namespace {

constexpr int tasks_on_uring = 32;

Task<void> echo(Datagrams& socket) {
  std::array<std::byte, 2048> buffer;
  for (;;) {
    const auto message = co_await socket.receive(buffer);
    co_await socket.send(std::span(buffer).first(message.size), message.peer);
  }
}

Task<void> serve(std::uint16_t port, int tasks) {
  Datagrams socket(Address::ip("0.0.0.0", port));
  const auto spawn_all = [&](Scope& scope) -> Task<void> {
    for (int i = 0; i < tasks; ++i) scope.spawn(echo(socket));
    co_return;
  };
  co_await scope(spawn_all);
}

}  // namespace
}  // namespace sundog::bench

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  int tasks = sundog::bench::tasks_on_uring;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--port=")) {
      std::from_chars(argument.data() + 7, argument.data() + argument.size(), port);
    } else if (argument == "--poller=uring") {
      sundog::choose_poller(sundog::PollerChoice::uring);
    } else if (argument == "--poller=epoll") {
      sundog::choose_poller(sundog::PollerChoice::epoll);
      tasks = 1;
    } else {
      std::fprintf(stderr, "usage: %s --port=N [--poller=uring|epoll]\n", argv[0]);
      return 2;
    }
  }
  sundog::run(sundog::bench::serve(port, tasks));
}
