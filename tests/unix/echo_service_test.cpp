// The echo service over real sockets when things run out that it needs.
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "examples/echo/echo.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/semaphore.hpp"
#include "tests/allocations.hpp"
#include "tests/unix/each_poller.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace sundog;
using namespace sundog::test;
using namespace std::chrono_literals;

namespace {

// A client: whether it got back what it sent.
Task<bool> is_echoed(Address service) {
  Socket socket = co_await Socket::connect(service);
  const std::string sent = pattern(5000);
  co_await socket.write(as_bytes(sent));
  co_await socket.shutdown();
  std::string received;
  std::array<std::byte, 4096> buffer;
  for (;;) {
    const std::size_t count = co_await socket.read(buffer);
    if (count == 0) break;
    received.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  co_return received == sent;
}

int next_free_descriptor() {
  const int next = ::dup(0);
  ::close(next);
  return next;
}

// The log is quiet while it lives: each failure would be reported.
class Quiet {
 public:
  Quiet() : before_(log::general.level()) { log::general.set_level(log::Level::off); }
  ~Quiet() { log::general.set_level(before_); }

 private:
  log::Level before_;
};

}  // namespace

TEST_CASE("any allocation may fail while the echo service runs, and it serves the next client") {
  const Quiet quiet;
  on_each_poller([]() -> Task<void> {
    Acceptor listener(Address::loopback(0));
    const Address address = listener.local_address();
    std::size_t failures = 0;
    auto clients = [&]() -> Task<void> {
      const bool before = co_await is_echoed(address);
      REQUIRE(before);
      const int descriptors_before = next_free_descriptor();
      for (bool failed = true; failed; ++failures) {
        {
          const FailingAllocation failing(failures);
          try {
            co_await try_timeout(is_echoed(address), 1s);
          } catch (const std::exception&) {
            // The client's own allocation, or the connection that the service had to drop.
          }
          failed = failing.failed();
        }
        const bool after = co_await is_echoed(address);
        REQUIRE(after);
      }
      co_await sleep(2ms);
      REQUIRE(next_free_descriptor() <= descriptors_before + 2);
    };
    co_await pick(echo::serve(std::move(listener)), clients());
    if (SUNDOG_POOL_BYPASSED == 1) REQUIRE(failures > 5);
  });
}

TEST_CASE("with RLIMIT_NOFILE at 64 the echo service serves 200 clients, as descriptors allow") {
  rlimit before;
  ::getrlimit(RLIMIT_NOFILE, &before);
  on_each_poller([&]() -> Task<void> {
    Acceptor listener(Address::loopback(0));
    const Address address = listener.local_address();
    const rlimit tight = {.rlim_cur = 64, .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    int echoed = 0;
    // So many connect at once: more than the service can have accepted beside them, and still it
    // has room for some.
    Semaphore at_once(40);
    // Each goes on until it was served: a client without a descriptor tries again later.
    auto client = [&]() -> Task<void> {
      for (bool served = false; !served;) {
        const auto permit = co_await at_once.acquire();
        try {
          served = co_await is_echoed(address);
        } catch (const std::system_error& error) {
          if (error.code() != std::errc::too_many_files_open) throw;
        }
        if (!served) co_await sleep(5ms);
      }
      ++echoed;
    };
    auto clients = [&]() -> Task<void> {
      std::vector<Task<void>> all;
      for (int i = 0; i < 200; ++i) all.push_back(client());
      co_await join(std::move(all));
    };
    const std::uint64_t calls_before = UnixPoller::current().system_call_count();
    co_await pick(echo::serve(std::move(listener)), clients());
    const std::uint64_t calls = UnixPoller::current().system_call_count() - calls_before;
    ::setrlimit(RLIMIT_NOFILE, &before);
    REQUIRE(echoed == 200);
    REQUIRE(calls < 20'000);
  });
  ::setrlimit(RLIMIT_NOFILE, &before);
}
