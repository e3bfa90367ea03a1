// What a child of fork() may do (io/unix/fork.hpp).
#include "sundog/io/unix/fork.hpp"

#include <array>
#include <csignal>
#include <cstdlib>

#include "sundog/io/run.hpp"
#include "sundog/io/unix/cores.hpp"
#include "sundog/io/unix/file.hpp"
#include "sundog/io/unix/log_sink.hpp"
#include "sundog/io/unix/offload.hpp"
#include "sundog/io/unix/process.hpp"
#include "sundog/io/unix/signals.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/yield.hpp"
#include "sundog/timers/sleep.hpp"
#include "tests/unix/in_child.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::in_child;
using test::with_each_poller;

namespace {

Task<int> one_offload() {
  const int value = co_await offload([] { return 7; });
  co_return value;
}

Task<void> send(Socket& socket) { co_await socket.write(as_bytes("x")); }
Task<std::size_t> receive(Socket& socket) {
  std::array<std::byte, 4> buffer;
  const std::size_t count = co_await socket.read(buffer);
  co_return count;
}

// Threads, sockets, files, timers, signals and processes, all at work: 0 if they are.
Task<int> everything() {
  const int value = co_await one_offload();
  if (value != 7) co_return 1;
  auto sockets = Socket::pair();
  auto [none, count] = co_await join(send(sockets.first), receive(sockets.second));
  if (count != 1) co_return 2;
  const auto status = co_await read_file("/proc/self/status", 100'000);
  if (status.empty()) co_return 3;
  co_await sleep(1ms);
  Signals signals({SIGTERM});
  ::raise(SIGTERM);
  const int signal = co_await signals.next();
  if (signal != SIGTERM) co_return 4;
  Process child = Process::start({"true"});
  const ProcessEnd end = co_await child.wait();
  if (!end.succeeded()) co_return 5;
  log::info("everything works");
  co_return 0;
}

// Forks, and gives the child's exit status or, negated, its signal.
template <class InChild>
Task<int> fork_in_task(InChild in_forked_child) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(test::child_seconds_max);
    std::signal(SIGABRT, SIG_DFL);
    co_await in_forked_child();
    ::_exit(98);
  }
  const int status = co_await offload([child] {
    int result = 0;
    ::waitpid(child, &result, 0);
    return result;
  });
  co_return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("a child of fork exits, though its parent has threads that it has not") {
  with_each_poller([] {
    REQUIRE(run(one_offload()) == 7);
    const auto end = in_child([]() -> int { std::exit(5); });
    CHECK(end.exit_status() == 5);
    REQUIRE(run(one_offload()) == 7);
  });
}

TEST_CASE("a child of fork runs loops of its own, and so does its child") {
  with_each_poller([] {
    REQUIRE(run(everything()) == 0);
    const auto end = in_child([] {
      log_to_standard_error();
      if (const int wrong = run(everything())) return wrong;
      const pid_t grandchild = ::fork();
      if (grandchild == 0) ::_exit(run(everything()));
      int status = 0;
      ::waitpid(grandchild, &status, 0);
      return WIFEXITED(status) ? WEXITSTATUS(status) : 50;
    });
    INFO(end.error);
    CHECK(end.exit_status() == 0);
    REQUIRE(run(everything()) == 0);
  });
}

TEST_CASE("a child of fork runs on many cores, as its parent did") {
  const auto service = [](Core) -> Task<void> { static_cast<void>(co_await one_offload()); };
  run_on_cores(2, service);
  const auto end = in_child([&service] {
    run_on_cores(3, service);
    return 0;
  });
  INFO(end.error);
  CHECK(end.exit_status() == 0);
}

TEST_CASE("a child of fork execs") {
  REQUIRE(run(one_offload()) == 7);
  const auto end = in_child([] {
    ::execl("/bin/sh", "sh", "-c", "exit 3", nullptr);
    return 50;
  });
  CHECK(end.exit_status() == 3);
}

TEST_CASE("a child that a task forks runs a loop of its own, and its parent's goes on") {
  with_each_poller([] {
    const auto parent = []() -> Task<void> {
      auto sockets = Socket::pair();
      Signals signals({SIGUSR2});
      const auto in_loop_of_its_own = []() -> Task<void> {
        ::_exit(run(everything()));
        co_return;
      };
      // Under way while the child is made, and afterwards.
      auto [count, status] = co_await join(receive(sockets.second), [&]() -> Task<int> {
        const int ended = co_await fork_in_task(in_loop_of_its_own);
        co_await send(sockets.first);
        co_return ended;
      }());
      CHECK(count == 1);
      CHECK(status == 0);
      ::raise(SIGUSR2);
      const int signal = co_await signals.next();
      CHECK(signal == SIGUSR2);
    };
    run(parent());
  });
}

TEST_CASE("a child that a task forks exits, and runs what exit runs") {
  with_each_poller([] {
    const auto exit = []() -> Task<void> {
      std::exit(4);
      co_return;
    };
    REQUIRE(run(one_offload()) == 7);
    CHECK(run(fork_in_task(exit)) == 4);
  });
}

TEST_CASE("signals do in a forked child what they did before anybody listened") {
  with_each_poller([] {
    const auto end = in_child([] {
      std::signal(SIGTERM, SIG_DFL);
      const auto parent = []() -> Task<int> {
        Signals signals({SIGTERM});
        const auto be_ended = []() -> Task<void> {
          ::raise(SIGTERM);
          ::_exit(0);
          co_return;
        };
        const int status = co_await fork_in_task(be_ended);
        co_return status == -SIGTERM ? 0 : 1;
      };
      return run(parent());
    });
    CHECK(end.exit_status() == 0);
  });
}

TEST_CASE("a forked child that comes back to its parent's loop aborts and says why") {
  with_each_poller([] {
    const auto fork_and = [](auto come_back) {
      return in_child([&] {
        const int status = run(fork_in_task(come_back));
        return status == -SIGABRT ? 0 : 1;
      });
    };
    const auto by_io = fork_and([]() -> Task<void> {
      auto sockets = Socket::pair();
      co_await send(sockets.first);
    });
    CHECK(by_io.exit_status() == 0);
    CHECK(by_io.error.find("a forked child has left") != std::string::npos);
    const auto by_timer = fork_and([]() -> Task<void> { co_await sleep(1ms); });
    CHECK(by_timer.exit_status() == 0);
    CHECK(by_timer.error.find("a forked child has left") != std::string::npos);
    const auto by_work = in_child([] {
      const auto fork_on_thread = []() -> Task<int> {
        const pid_t child = co_await offload([] { return ::fork(); });
        int status = 0;
        ::waitpid(child, &status, 0);
        co_return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? 0 : 1;
      };
      return run(fork_on_thread());
    });
    CHECK(by_work.exit_status() == 0);
    CHECK(by_work.error.find("forked inside of offloaded work") != std::string::npos);
    const auto by_return = in_child([] {
      const auto leave = []() -> Task<int> { co_return ::fork() == 0 ? 0 : 1; };
      const int is_parent = run(leave());
      return is_parent;
    });
    CHECK(by_return.error.find("a forked child has left") != std::string::npos);
    CHECK(by_return.exit_status() == 1);
  });
}
