// Work on other threads: offload, notifiers, mailboxes, cores, name resolution.
#include <atomic>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "sundog/io/main.hpp"
#include "sundog/io/unix/cores.hpp"
#include "sundog/io/unix/mailbox.hpp"
#include "sundog/io/unix/notifier.hpp"
#include "sundog/io/unix/offload.hpp"
#include "sundog/io/unix/resolver.hpp"
#include "sundog/io/unix/signals.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/unix/each_poller.hpp"
#include "tests/unix/in_child.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace sundog;
using namespace std::chrono_literals;
using test::on_each_poller;

namespace {

// Work that lasts until it is let go.
struct HeldWork {
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  std::atomic<bool> let_go = false;
};

Task<void> offload_held(HeldWork& held) {
  auto work = [&held] {
    ++held.begun;
    held.let_go.wait(false);
    ++held.ended;
  };
  co_await offload(work);
}

Task<void> wait_for(Notifier& notifier) { co_await notifier.wait(); }

}  // namespace

TEST_CASE("offloaded work runs on another thread and gives its value or its exception") {
  on_each_poller([]() -> Task<void> {
    const auto here = std::this_thread::get_id();
    const auto there = co_await offload([] { return std::this_thread::get_id(); });
    REQUIRE(there != here);
    std::string what;
    try {
      co_await offload([] { throw std::runtime_error("from the thread"); });
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    REQUIRE(what == "from the thread");
  });
}

TEST_CASE("offloaded work that has not begun when it is cancelled never runs") {
  on_each_poller([]() -> Task<void> {
    HeldWork held;
    constexpr int tasks_count = 200;
    co_await scope([&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < tasks_count; ++i) tasks.spawn(offload_held(held));
      while (held.begun == 0) co_await sleep(1ms);
      tasks.cancel_tasks();
      held.let_go = true;
      held.let_go.notify_all();
    });
    REQUIRE(held.begun <= static_cast<int>(ThreadPool::threads_max));
    // Those that threads had taken have ended too: `held` may be used no more.
    REQUIRE(held.ended == held.begun);
  });
}

TEST_CASE("offloaded work is moved into whatever runs it, with what it holds") {
  on_each_poller([]() -> Task<void> {
    auto held = std::make_unique<int>(7);
    auto later = as_task(offload([held = std::move(held)] { return *held; }));
    co_await sleep(1ms);
    const int value = co_await std::move(later);
    REQUIRE(value == 7);
  });
}

TEST_CASE(
    "a notifier wakes from another thread, and remembers a notification that nobody waited for") {
  on_each_poller([]() -> Task<void> {
    Notifier notifier;
    std::thread thread([&] {
      std::this_thread::sleep_for(5ms);
      notifier.notify();
    });
    co_await notifier.wait();
    thread.join();
    notifier.notify();
    notifier.notify();
    co_await sleep(2ms);
    co_await notifier.wait();
    const bool again = co_await try_timeout(wait_for(notifier), 5ms);
    REQUIRE(!again);
  });
}

TEST_CASE("100,000 notifications from four threads are all heard, in bunches") {
  on_each_poller([]() -> Task<void> {
    Mailbox<int> box(100'000);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([sender = box.sender()] {
        for (int i = 0; i < 25'000; ++i) {
          if (!sender.send(i)) std::abort();
        }
      });
    }
    long long sum = 0;
    for (int i = 0; i < 100'000; ++i) {
      const int message = co_await box.receive();
      sum += message;
    }
    for (std::thread& thread : threads) thread.join();
    REQUIRE(sum == 4LL * 25'000 * 24'999 / 2);
  });
}

TEST_CASE("a full mailbox refuses, and one that is gone refuses too") {
  on_each_poller([]() -> Task<void> {
    std::optional<Mailbox<int>> box(std::in_place, 2);
    const auto sender = box->sender();
    REQUIRE(sender.send(1));
    REQUIRE(sender.send(2));
    REQUIRE(!sender.send(3));
    const int first = co_await box->receive();
    REQUIRE(first == 1);
    REQUIRE(sender.send(3));
    box.reset();
    REQUIRE(!sender.send(4));
  });
}

TEST_CASE("signals are awaited one by one, and do what they did before once nobody listens") {
  struct sigaction before;
  ::sigaction(SIGUSR2, nullptr, &before);
  on_each_poller([]() -> Task<void> {
    Signals signals({SIGUSR2, SIGHUP});
    ::raise(SIGUSR2);
    ::raise(SIGHUP);
    const int first = co_await signals.next();
    const int second = co_await signals.next();
    REQUIRE(first == SIGHUP);
    REQUIRE(second == SIGUSR2);
    auto raise_later = []() -> Task<void> {
      co_await sleep(3ms);
      ::raise(SIGUSR2);
    };
    auto [third, none] = co_await join(signals.next(), raise_later());
    REQUIRE(third == SIGUSR2);
  });
  struct sigaction after;
  ::sigaction(SIGUSR2, nullptr, &after);
  REQUIRE(after.sa_handler == before.sa_handler);
}

TEST_CASE("a signal that cannot be caught is refused") {
  on_each_poller([]() -> Task<void> {
    // 32 is the C library's own.
    for (const int signal : {SIGKILL, SIGSTOP, 32, 0, -1, 65}) {
      CHECK_THROWS_AS(Signals({signal}), std::system_error);
    }
    co_return;
  });
}

TEST_CASE("each core runs its own loop, and one failure ends them all") {
  std::atomic<int> started = 0;
  auto service = [&](Core core) -> Task<void> {
    ++started;
    if (core.index() == 1) {
      co_await sleep(5ms);
      throw std::runtime_error("core 1 has failed");
    }
    co_await sleep(1h);
  };
  REQUIRE_THROWS_WITH(run_on_cores(3, service), "core 1 has failed");
  REQUIRE(started == 3);
}

TEST_CASE("cores share a port, and connections reach them all") {
  std::atomic<std::uint16_t> port = 0;
  std::atomic<int> served[2] = {0, 0};
  auto service = [&](Core core) -> Task<void> {
    ListenOptions share;
    share.share_port = true;
    if (core.index() == 1) {
      while (port == 0) co_await sleep(1ms);
    }
    Acceptor listener(Address::loopback(port), share);
    if (core.index() == 0) port = listener.local_address().port();
    auto serve = [&]() -> Task<void> {
      for (;;) {
        Socket flow = co_await listener.accept();
        ++served[core.index()];
      }
    };
    auto come = [&]() -> Task<void> {
      while (served[0] == 0 || served[1] == 0) {
        const Socket flow = co_await Socket::connect(Address::loopback(port));
        co_await sleep(1ms);
      }
    };
    co_await pick(serve(), come());
  };
  run_on_cores(2, service);
  REQUIRE(served[0] > 0);
  REQUIRE(served[1] > 0);
}

namespace {
auto nap() { return sleep(1ms); }
}  // namespace

TEST_CASE("a program's main task may be whatever can be awaited") {
  const auto end = test::in_child([] {
    const char* const words[] = {"nap"};
    return sundog::main(1, words, nap);
  });
  CHECK(end.exit_status() == 0);
}

TEST_CASE("a core runs whatever can be awaited") {
  std::atomic<int> begun = 0;
  run_on_cores(2, [&begun](Core) {
    ++begun;
    return sleep(1ms);
  });
  CHECK(begun == 2);
}

TEST_CASE("localhost resolves, a number is its own answer, and an impossible name fails by name") {
  on_each_poller([]() -> Task<void> {
    HostResolver resolver;
    const auto local = co_await resolve(resolver, "localhost", 80);
    REQUIRE(!local.empty());
    REQUIRE(local.front().port() == 80);
    const auto number = co_await resolve(resolver, "192.0.2.7", 53);
    REQUIRE(number.size() == 1);
    REQUIRE(number.front().to_string() == "192.0.2.7:53");
    std::string what;
    try {
      static_cast<void>(co_await resolve(resolver, "no such name", 80));
    } catch (const std::system_error& error) {
      what = error.what();
    }
    REQUIRE(what.find("no such name") != std::string::npos);
  });
}
