#include "sundog/runtime/pool.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sundog/runtime/future.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/mvar.hpp"
#include "sundog/runtime/scope.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/counted.hpp"
#include "tests/runtime/logged.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::Counted;
using sundog::test::Logged;
using sundog::test::run_on_test_clock;

namespace {

Task<void> hold(Counted&) { co_await sleep(1s); }
Task<int> number_of(Counted& member) { co_return member.value(); }

// A pool of two, and what became of its members.
struct Watched {
  using Step = std::function<Task<void>()>;

  // Disposing takes a second; then `after_dispose` may throw.
  explicit Watched(Pool<Counted>::Validate validate, Step after_dispose = {})
      : pool(
            2, [this] { return create(); }, std::move(validate),
            [this](Counted member) { return dispose(std::move(member)); }),
        after_dispose_(std::move(after_dispose)) {}

  Task<Counted> create() {
    co_await sleep(create_time);
    if (fail_to_create) throw std::runtime_error("create");
    co_return Counted(++made);
  }
  Task<void> dispose(Counted member) {
    co_await sleep(1s);
    disposed.push_back(member.value());
    if (after_dispose_) co_await after_dispose_();
  }
  // Two uses side by side take no longer than one: no place was lost.
  Task<void> expect_room_for_two() {
    CHECK(pool.used_count() == 0);
    const TimePoint start = now();
    const auto slow_use = [](Counted&) -> Task<void> { co_await sleep(100s); };
    co_await join(pool.use(slow_use), pool.use(slow_use));
    CHECK(now() - start < 150s);
    CHECK(pool.idle_count() == 2);
    CHECK(Counted::alive == 2);
    CHECK(made == static_cast<int>(disposed.size()) + 2);
  }

  int made = 0;
  std::vector<int> disposed;
  Duration create_time{0};
  bool fail_to_create = false;
  Pool<Counted> pool;

 private:
  Step after_dispose_;
};

template <class A>
Task<std::string> failure_of(A task) {
  try {
    co_await std::move(task);
  } catch (const std::runtime_error& error) {
    co_return error.what();
  }
  co_return "none";
}

}  // namespace

TEST_CASE("a pool makes members when they are needed, up to its limit, and uses them again") {
  run_on_test_clock([]() -> Task<void> {
    int made = 0;
    const auto create = [&]() -> Task<Counted> {
      co_await sleep(0s);
      co_return Counted(++made);
    };
    Pool<Counted> pool(3, create);
    CHECK(made == 0);
    const TimePoint start = now();
    const auto body = [&](Scope& tasks) -> Task<void> {
      const auto use = [&]() -> Task<void> { co_await pool.use(hold); };
      for (int i = 0; i < 9; ++i) tasks.spawn(use);
      co_await sleep(500ms);
      CHECK(pool.waiter_count() == 6);
      CHECK(pool.used_count() == 3);
    };
    co_await scope(body);
    CHECK(made == 3);
    CHECK(pool.idle_count() == 3);
    CHECK(now() - start == 3s);
    co_await pool.clear();
    CHECK(pool.idle_count() == 0);
    CHECK(Counted::alive == 0);
  }());
}

TEST_CASE("a member goes back to the pool after a failure and after a cancellation") {
  run_on_test_clock([]() -> Task<void> {
    int made = 0;
    const auto create = [&]() -> Task<Counted> { co_return Counted(++made); };
    Pool<Counted> pool(1, create);
    const auto fail = [](Counted&) -> Task<int> {
      co_await sleep(1s);
      throw std::runtime_error("use");
    };
    bool thrown = false;
    try {
      co_await pool.use(fail);
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
    const bool in_time = co_await try_timeout(pool.use(hold), 1ms);
    CHECK_FALSE(in_time);
    CHECK(pool.idle_count() == 1);
    const auto number = [](Counted& counted) -> Task<int> { co_return counted.value(); };
    const int value = co_await pool.use(number);
    CHECK(value == 1);
  }());
}

TEST_CASE("a member is validated before it is used again; a bad one is disposed of and replaced") {
  run_on_test_clock([]() -> Task<void> {
    int made = 0;
    std::vector<int> disposed;
    const auto create = [&]() -> Task<Counted> { co_return Counted(++made); };
    const auto validate = [](Counted& member) -> Task<bool> { co_return member.value() > 2; };
    const auto dispose = [&](Counted member) -> Task<void> {
      co_await sleep(0s);
      disposed.push_back(member.value());
    };
    Pool<Counted> pool(2, create, validate, dispose);
    for (int i = 0; i < 4; ++i) co_await pool.use(hold);
    CHECK(made == 3);
    CHECK(disposed == std::vector<int>{1, 2});
  }());
}

TEST_CASE("when making a member fails, the next use tries again") {
  run_on_test_clock([]() -> Task<void> {
    int tries = 0;
    const auto create = [&]() -> Task<Counted> {
      if (++tries == 1) throw std::runtime_error("not yet");
      co_return Counted(tries);
    };
    Pool<Counted> pool(1, create);
    bool thrown = false;
    try {
      co_await pool.use(hold);
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown);
    co_await pool.use(hold);
    CHECK(pool.idle_count() == 1);
  }());
}

TEST_CASE("a member whose validation throws is disposed of, and its place is free") {
  run_on_test_clock([]() -> Task<void> {
    int validations = 0;
    const auto validate = [&](Counted&) -> Task<bool> {
      if (++validations == 1) throw std::runtime_error("validate");
      co_await sleep(1s);
      if (validations == 2) throw std::runtime_error("validate later");
      co_return true;
    };
    Watched watched(validate);
    co_await watched.pool.use(hold);
    const std::string first = co_await failure_of(watched.pool.use(hold));
    CHECK(first == "validate");
    CHECK(watched.disposed == std::vector<int>{1});
    co_await watched.pool.use(hold);
    const std::string second = co_await failure_of(watched.pool.use(hold));
    CHECK(second == "validate later");
    CHECK(watched.disposed == std::vector<int>{1, 2});
    co_await watched.expect_room_for_two();
  }());
}

TEST_CASE("a member whose validation is cancelled is disposed of, in the time that takes") {
  run_on_test_clock([]() -> Task<void> {
    bool hangs = true;
    const auto validate = [&](Counted&) -> Task<bool> {
      if (hangs) co_await sleep(24h);
      co_return true;
    };
    Watched watched(validate);
    co_await watched.pool.use(hold);
    const TimePoint start = now();
    const bool in_time = co_await try_timeout(watched.pool.use(hold), 1s);
    CHECK_FALSE(in_time);
    CHECK(now() - start == 2s);
    CHECK(watched.disposed == std::vector<int>{1});
    hangs = false;
    co_await watched.expect_room_for_two();
  }());
}

TEST_CASE("a use that was cancelled with a bad member ends, though another could be made at once") {
  run_on_test_clock([]() -> Task<void> {
    int made = 0;
    const auto create = [&]() -> Task<int> { co_return ++made; };
    const auto hang = [](int&) -> Task<bool> {
      co_await sleep(24h);
      co_return true;
    };
    const auto refuse = [](int&) -> Task<bool> { co_return false; };
    const auto dispose = [](int) -> Task<void> { co_await sleep(2s); };
    const auto number = [](int& member) -> Task<int> { co_return member; };
    for (const Pool<int>::Validate& validate : {Pool<int>::Validate(hang), {refuse}}) {
      made = 0;
      Pool<int> pool(1, create, validate, dispose);
      co_await pool.use(number);
      const std::optional<int> used = co_await try_timeout(pool.use(number), 1s);
      CHECK_FALSE(used.has_value());
      CHECK(made == 1);
      CHECK(pool.idle_count() == 0);
      CHECK(pool.used_count() == 0);
    }
  }());
}

TEST_CASE("disposing of a bad member runs to its end though the use is cancelled") {
  run_on_test_clock([]() -> Task<void> {
    const auto validate = [](Counted& member) -> Task<bool> { co_return member.value() > 1; };
    Watched watched(validate);
    co_await watched.pool.use(hold);
    const bool in_time = co_await try_timeout(watched.pool.use(hold), 500ms);
    CHECK_FALSE(in_time);
    CHECK(watched.disposed == std::vector<int>{1});
    CHECK(watched.made == 1);
    co_await watched.expect_room_for_two();
  }());
}

TEST_CASE("when disposing throws, the place is free all the same") {
  const Logged logged;
  run_on_test_clock([]() -> Task<void> {
    bool throws = false;
    bool good = true;
    const auto validate = [&](Counted&) -> Task<bool> {
      if (throws) throw std::runtime_error("validate");
      co_return good;
    };
    const auto fail = []() -> Task<void> {
      throw std::runtime_error("dispose");
      co_return;
    };
    Watched watched(validate, fail);
    co_await watched.pool.use(hold);
    good = false;
    const std::string only = co_await failure_of(watched.pool.use(hold));
    CHECK(only == "dispose");
    co_await watched.pool.use(hold);
    throws = true;
    const std::string first = co_await failure_of(watched.pool.use(hold));
    CHECK(first == "validate");
    CHECK(watched.disposed == std::vector<int>{1, 2});
    throws = false;
    good = true;
    co_await watched.expect_room_for_two();
  }());
  CHECK(logged.count("dispose") == 1);
}

TEST_CASE("making a member that fails or is cancelled leaves its place free for those who wait") {
  run_on_test_clock([]() -> Task<void> {
    Watched watched({});
    watched.create_time = 10s;
    const bool in_time = co_await try_timeout(watched.pool.use(hold), 1s);
    CHECK_FALSE(in_time);
    watched.fail_to_create = true;
    const auto use = [&]() -> Task<void> {
      const std::string what = co_await failure_of(watched.pool.use(hold));
      CHECK(what == "create");
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 10; ++i) tasks.spawn(use);
      co_return;
    };
    co_await scope(body);
    watched.fail_to_create = false;
    co_await watched.expect_room_for_two();
  }());
}

TEST_CASE("cancelled at any time, a use takes no member and no place with it") {
  run_on_test_clock([]() -> Task<void> {
    int validations = 0;
    const auto validate = [&](Counted&) -> Task<bool> {
      co_await sleep(1s);
      co_return ++validations % 3 != 0;
    };
    Watched watched(validate);
    watched.create_time = 1s;
    // Making, waiting in line, validating, disposing, using: each is hit by some of these.
    for (int half_s = 1; half_s < 40; ++half_s) {
      const auto body = [&](Scope& tasks) -> Task<void> {
        for (int i = 0; i < 4; ++i) {
          tasks.spawn([&]() -> Task<void> { co_await watched.pool.use(hold); });
        }
        co_return;
      };
      co_await try_timeout(scope(body), 500ms * half_s + 1ms);
      CHECK(watched.pool.used_count() == 0);
      CHECK(watched.pool.waiter_count() == 0);
      CHECK(watched.made == static_cast<int>(watched.disposed.size() + watched.pool.idle_count()));
      CHECK(Counted::alive == static_cast<int>(watched.pool.idle_count()));
    }
    CHECK(watched.disposed.size() > 3);
    validations = 0;
    const int number = co_await watched.pool.use(number_of);
    CHECK(number > 0);
  }());
}

TEST_CASE("clearing a pool disposes of every idle member, though it throws or is cancelled") {
  const Logged logged;
  run_on_test_clock([]() -> Task<void> {
    const auto fail = []() -> Task<void> {
      throw std::runtime_error("dispose");
      co_return;
    };
    Watched watched({}, fail);
    co_await watched.expect_room_for_two();
    const std::string what = co_await failure_of(watched.pool.clear());
    CHECK(what == "dispose");
    CHECK(watched.disposed == std::vector<int>{1, 2});
    CHECK(watched.pool.idle_count() == 0);

    Watched patient({});
    co_await patient.expect_room_for_two();
    const bool in_time = co_await try_timeout(patient.pool.clear(), 500ms);
    CHECK_FALSE(in_time);
    CHECK(patient.disposed == std::vector<int>{1});
    CHECK(patient.pool.idle_count() == 1);
  }());
  CHECK(logged.count("dispose") == 1);
}

TEST_CASE("a pool's functions may give whatever can be awaited") {
  run_on_test_clock([]() -> Task<void> {
    Mvar<int> made;
    Mvar<bool> good;
    int disposed = 0;
    const auto dispose = [&](int number) {
      disposed += number;
      return sleep(1s);
    };
    Pool<int> pool(1, [&] { return made.take(); }, [&](int&) { return good.take(); }, dispose);
    co_await made.put(7);
    co_await pool.use([](int&) { return sleep(1s); });
    co_await good.put(false);
    co_await made.put(8);
    const auto pass_on = [](int& number) {
      auto [future, wakener] = wait<int>();
      wakener.wakeup(number);
      return future;
    };
    CHECK(co_await pool.use(pass_on) == 8);
    CHECK(disposed == 7);
    co_await pool.clear();
    CHECK(disposed == 15);
  }());
}
