#include <memory>
#include <new>
#include <string>
#include <vector>

#include "sundog/runtime/channel.hpp"
#include "sundog/runtime/choose.hpp"
#include "sundog/runtime/combinators.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/each_element.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/pool.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/stream_operations.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/allocations.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/counted.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::Counted;
using sundog::test::FailingAllocation;
using sundog::test::live_allocation_count;
using sundog::test::run_on_test_clock;

namespace {

// Runs `make()` on the test clock with the n-th allocation failing, for n = 0, 1, 2 ... until none
// fails. Each time it must end, with std::bad_alloc or (where somebody caught that) without, and
// leave nothing behind.
template <class Make>
void fail_every_allocation(Make make) {
  run_on_test_clock(make());  // fills the frame pool, where there is one
  std::size_t failures = 0;
  for (bool failed = true; failed;) {
    // Nothing of Catch2 in here: it allocates.
    bool threw_bad_alloc = false;
    std::int64_t live_after = 0;
    const std::int64_t live_before = live_allocation_count();
    {
      const FailingAllocation failing(failures);
      try {
        run_on_test_clock(make());
      } catch (const std::bad_alloc&) {
        threw_bad_alloc = true;
      }
      failed = failing.failed();
      live_after = live_allocation_count();
    }
    INFO("allocation " << failures);
    if (!failed) CHECK_FALSE(threw_bad_alloc);
    CHECK(Counted::alive == 0);
    // In builds with a pool, a new slab may have come.
    if (SUNDOG_POOL_BYPASSED == 1) CHECK(live_after == live_before);
    ++failures;
    REQUIRE(failures < 10'000);
  }
  CHECK(failures > 1);
}

Task<Counted> counted_after(Duration delay, int value) {
  Counted counted(value);
  co_await sleep(delay);
  co_return std::move(counted);
}
Task<void> nest(int depth) {
  const Counted counted(depth);
  if (depth > 0) co_await nest(depth - 1);
  co_await yield();
}

}  // namespace

TEST_CASE("every allocation fails once: nested tasks and exceptions") {
  fail_every_allocation([]() -> Task<void> {
    co_await nest(20);
    const auto list = std::make_unique<std::vector<Counted>>(10);
    co_await nest(3);
  });
}

TEST_CASE("every allocation fails once: scopes, with failures and cancellation inside") {
  fail_every_allocation([]() -> Task<void> {
    const auto body = [](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 5; ++i) {
        tasks.spawn([counted = Counted(i)]() -> Task<void> { co_await nest(3); });
        tasks.spawn([](Counted counted) -> Task<void> { co_await sleep(1s * counted.value()); },
                    Counted(i));
      }
      co_await sleep(2s);
      tasks.cancel_tasks();
    };
    co_await scope(body);
  });
}

TEST_CASE("every allocation fails once: join, pick, timeout, protect") {
  fail_every_allocation([]() -> Task<void> {
    const auto both = co_await join(counted_after(1s, 1), counted_after(2s, 2));
    std::vector<Task<Counted>> several;
    for (int i = 0; i < 4; ++i) several.push_back(counted_after(1s * i, i));
    const auto all = co_await join(std::move(several));
    const auto first = co_await pick(counted_after(1s, 1), counted_after(2s, 2), sleep(3s));
    const auto late = co_await try_timeout(counted_after(1h, 3), 1s);
    const auto shielded = co_await protect(counted_after(1s, 4));
  });
}

TEST_CASE("every allocation fails once: futures and their combinators") {
  fail_every_allocation([]() -> Task<void> {
    auto [future, wakener] = wait<int>();
    const auto bound = bind(future, [](const int& x) { return ready(x + 1); });
    const auto caught = catch_(
        map(bound, [](const int& x) { return x * 2; }),
        [](const std::exception_ptr& error) -> Future<int> { std::rethrow_exception(error); });
    const auto chosen = choose(caught, async([]() -> Task<int> {
                                 co_await sleep(1h);
                                 co_return 1;
                               }()));
    const auto joined = join(std::vector<Future<int>>{chosen, bound});
    wakener.wakeup(3);
    co_await joined;
  });
}

TEST_CASE("every allocation fails once: channels, streams, pools and lists") {
  fail_every_allocation([]() -> Task<void> {
    Channel<Counted> channel(10);
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto sender = [&]() -> Task<void> {
        for (int i = 0; i < 20; ++i) co_await channel.send(Counted(i));
        channel.close();
      };
      tasks.spawn(sender);
      const auto all = co_await collect(stream_of(channel));
    };
    co_await scope(body);
    const auto create = []() -> Task<Counted> { co_return Counted(1); };
    Pool<Counted> pool(2, create);
    const auto use = [&](int) -> Task<int> {
      const auto inside = [](Counted& member) -> Task<int> {
        co_await sleep(1s);
        co_return member.value();
      };
      co_return co_await pool.use(inside);
    };
    std::vector<int> numbers;
    for (int i = 0; i < 6; ++i) numbers.push_back(i);
    const auto values = co_await map_p(std::move(numbers), use, 3);
  });
}
