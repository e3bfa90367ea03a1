#include "sundog/runtime/hooks.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sundog/runtime/future.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/logged.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::Logged;
using sundog::test::run_on_test_clock;

TEST_CASE("loop hooks run around every wait for as long as they are kept") {
  run_on_test_clock([]() -> Task<void> {
    std::string calls;
    {
      const Hook before = before_wait([&] { calls += "b"; });
      const Hook after = after_wait([&] { calls += "a"; });
      co_await sleep(1s);
      co_await sleep(1s);
    }
    co_await sleep(1s);
    CHECK(calls == "baba");
  }());
}

TEST_CASE(
    "exit hooks are awaited last first, after value or exception, and a failing one stops no "
    "other") {
  const Logged logged;
  std::vector<std::string> words;
  static int second_added_at = 0;
  const auto body = [](std::vector<std::string>& list) -> Task<void> {
    const auto first = [&list]() -> Task<void> {
      co_await sleep(1s);
      list.push_back("first added");
    };
    const auto second = []() -> Task<void> {
      co_await sleep(1s);
      throw std::runtime_error("a hook failed");
    };
    const auto third = [&list]() -> Task<void> {
      list.push_back("third added");
      co_return;
    };
    at_exit(first);
    at_exit(second);
    second_added_at = __LINE__ - 1;
    at_exit(third);
    list.push_back("main");
    co_await sleep(1s);
    throw std::runtime_error("main failed");
  };
  CHECK_THROWS_AS(run_on_test_clock(body(words)), std::runtime_error);
  CHECK(words == std::vector<std::string>{"main", "third added", "first added"});
  CHECK(logged.count("a hook failed") == 1);
  CHECK(logged.count("hooks_test.cpp:" + std::to_string(second_added_at) + " in ") == 1);
}

TEST_CASE("a loop hook may remove itself, the hook after it, and add others") {
  run_on_test_clock([]() -> Task<void> {
    std::string calls;
    std::optional<Hook> own;
    std::optional<Hook> next;
    std::optional<Hook> last;
    std::optional<Hook> added;
    own.emplace(Scheduler::current().before_wait, [&, data = std::string(100, 'o')] {
      own.reset();
      next.reset();
      added.emplace(Scheduler::current().before_wait, [&] { calls += "a"; });
      calls += data.front();
    });
    next.emplace(Scheduler::current().before_wait, [&] { calls += "n"; });
    last.emplace(Scheduler::current().before_wait, [&, data = std::string(100, 'l')] {
      last.reset();
      calls += data.front();
    });
    co_await sleep(1s);
    CHECK(calls.substr(0, 2) == "ol");
    calls.clear();
    co_await sleep(1s);
    CHECK(calls == "a");
    added.reset();
    co_await sleep(1s);
    CHECK(calls == "a");
  }());
}

TEST_CASE("what an exit hook leaves behind is cancelled and gone before the next hook begins") {
  std::vector<std::string> words;
  struct Note {
    ~Note() { list.push_back(word); }
    std::vector<std::string>& list;
    std::string word;
  };
  const auto background = [](std::vector<std::string>& list) -> Task<void> {
    const Note gone(list, "background gone");
    co_await sleep(1h);
    list.push_back("an hour later");
  };
  run_on_test_clock([](auto body, std::vector<std::string>& list) -> Task<void> {
    at_exit([&list] {
      list.push_back("last hook");
      return sleep(1s);
    });
    at_exit([body, &list]() -> Task<void> {
      list.push_back("first hook");
      const Future<void> left = async(body(list));
      co_await yield();
    });
    co_return;
  }(background, words));
  CHECK(words == std::vector<std::string>{"first hook", "background gone", "last hook"});
}

TEST_CASE("what the last exit hook leaves behind is gone before run() returns, whatever it does") {
  std::vector<std::string> words;
  run_on_test_clock([](std::vector<std::string>& list) -> Task<void> {
    at_exit([&list]() -> Task<void> {
      const Future<void> left = async([](std::vector<std::string>& notes) -> Task<void> {
        co_await protect(sleep(1s));
        at_exit([&notes]() -> Task<void> {
          notes.push_back("a hook added by what was left behind");
          co_return;
        });
        co_await sleep(1h);
        notes.push_back("an hour later");
      }(list));
      co_await yield();
    });
    co_return;
  }(words));
  CHECK(words == std::vector<std::string>{"a hook added by what was left behind"});
}

TEST_CASE("a hook that can never end is a deadlock, also after one of the main task") {
  std::string text;
  bool other_ran = false;
  const auto body = [](bool& ran) -> Task<void> {
    at_exit([&ran]() -> Task<void> {
      ran = true;
      co_return;
    });
    at_exit([] { return until_cancelled(); });
    co_await until_cancelled();
  };
  try {
    run_on_test_clock(body(other_ran));
  } catch (const Deadlock& deadlock) {
    text = deadlock.what();
  }
  CHECK(text.find("until_cancelled") != text.rfind("until_cancelled"));
  CHECK(other_ran);
}
