// What connections of Sundog's own TCP ask of memory: little each, nothing in steady state, and
// nothing that they cannot be refused.
#include <malloc.h>

#include <array>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/net/direct_stack.hpp"
#include "sundog/runtime/frame_pool.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"
#include "tests/allocations.hpp"
#include "tests/catch.hpp"
#include "tests/contracts/flow.hpp"
#include "tests/contracts/stack.hpp"
#include "tests/http/memory_flow.hpp"
#include "tests/net/direct_worlds.hpp"

#if SUNDOG_POOL_BYPASSED
#include <sanitizer/allocator_interface.h>
#endif

using namespace sundog;
using namespace std::chrono_literals;

namespace {

constexpr IpAddress right_address = IpAddress::parse("192.0.2.2");

// Of this program, in use.
std::size_t heap_bytes() {
#if SUNDOG_POOL_BYPASSED
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

Task<void> exchange(net::DirectConnection& one, net::DirectConnection& other, int times) {
  std::array<std::byte, 512> bytes{};
  for (int i = 0; i < times; ++i) {
    co_await one.write(bytes);
    std::size_t got = 0;
    while (got < bytes.size()) got += co_await other.read(MutableBytes(bytes).subspan(got));
    co_await other.write(bytes);
    for (got = 0; got < bytes.size();) {
      got += co_await one.read(MutableBytes(bytes).subspan(got));
    }
  }
}

// What a client and a service say in their lives.
Task<void> converse(net::DirectStack left, net::DirectListener& listener) {
  const Endpoint bound = listener.local_address();
  auto [client, server] =
      co_await join(contract::connect_to(left, bound), contract::accept_from(listener));
  co_await exchange(client, server, 3);
  const std::string many = contract::text_of(100'000);
  const auto [none, got] =
      co_await join(contract::write_all(client, many), contract::read_all(server));
  if (got != many) throw std::runtime_error("other bytes than were sent");
}

}  // namespace

TEST_CASE("ten thousand connections work, and an idle one takes less than 2 KiB") {
  test::OnLoopback().run([](test::OnLoopback& in) -> Task<void> {
    constexpr std::size_t count = 10'000;
    net::DirectStack stack = in.stack();
    auto listener = stack.listen(Endpoint::loopback(80));
    std::vector<net::DirectConnection> ends;
    ends.reserve(2 * count);
    const std::size_t before = heap_bytes();
    for (std::size_t i = 0; i < count; ++i) {
      auto [client, server] = co_await join(contract::connect_to(stack, listener.local_address()),
                                            contract::accept_from(listener));
      co_await exchange(client, server, 1);
      ends.push_back(std::move(client));
      ends.push_back(std::move(server));
    }
    // Acknowledgements that were delayed.
    co_await sleep(100ms);
    const std::size_t bytes = heap_bytes() - before;
    CHECK(in.host->tcp().connection_count() == 2 * count);
    INFO("bytes of a connection: " << bytes / (2 * count));
    CHECK(bytes <= 2 * count * 2048);
    // Each of them still works.
    for (std::size_t i = 0; i < count; i += 97) {
      co_await exchange(ends[2 * i], ends[2 * i + 1], 1);
    }
  });
}

TEST_CASE("a connection in steady state allocates nothing") {
  test::OnCable().run([](test::OnCable& in) -> Task<void> {
    net::DirectStack left(*in.left);
    auto listener = net::DirectStack(*in.right).listen(Endpoint(right_address, 80));
    // The first rounds make room for what follows.
    for (int i = 0; i < 50; ++i) co_await converse(left, listener);
    auto [client, server] = co_await join(contract::connect_to(left, listener.local_address()),
                                          contract::accept_from(listener));
    co_await exchange(client, server, 100);
    const std::uint64_t before = test::allocation_count();
    co_await exchange(client, server, 1000);
    const std::uint64_t allocated = test::allocation_count() - before;
    if (SUNDOG_POOL_BYPASSED == 0) CHECK(allocated == 0);
  });
}

TEST_CASE("any allocation may fail in a connection's life: the next one works, nothing is lost") {
  std::size_t failures = 0;
  test::OnCable world;
  const auto body = [&](test::OnCable& in) -> Task<void> {
    net::DirectStack left(*in.left);
    auto listener = net::DirectStack(*in.right).listen(Endpoint(right_address, 80));
    co_await converse(left, listener);
    for (bool failed = true; failed; ++failures) {
      {
        const test::FailingAllocation failing(failures);
        try {
          co_await try_timeout(converse(left, listener), 5s);
        } catch (const std::exception&) {
          // An allocation of the conversation itself, or its peer's.
        }
        failed = failing.failed();
      }
      const auto works = co_await try_timeout(converse(left, listener), 10s);
      REQUIRE(works);
    }
  };
  // Where a timer is waited for, that takes no time.
  http::run_virtual(world.run_on_hosts(body));
  if (SUNDOG_POOL_BYPASSED == 1) CHECK(failures > 20);
}
