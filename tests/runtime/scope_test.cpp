#include "sundog/runtime/scope.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/counted.hpp"
#include "tests/runtime/logged.hpp"
#include "tests/runtime/run_on_test_clock.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace std::chrono_literals;
using namespace sundog;
using sundog::test::Counted;
using sundog::test::Farewell;
using sundog::test::Logged;
using sundog::test::run_on_test_clock;

namespace {

using Words = std::vector<std::string>;

Task<void> say_after(Words& words, std::string word, Duration delay) {
  co_await sleep(delay);
  words.push_back(word);
}
Task<void> say_when_gone(Words& words, std::string word) {
  const Farewell farewell(words, word);
  co_await sleep(1h);
}
Task<void> fail_after(Duration delay, std::string what) {
  co_await sleep(delay);
  throw std::runtime_error(what);
}

}  // namespace

TEST_CASE("a scope ends after its body and all tasks, and gives what the body gives") {
  run_on_test_clock([]() -> Task<void> {
    Words words;
    const auto body = [&](Scope& tasks) -> Task<int> {
      tasks.spawn(say_after(words, "task", 2s));
      tasks.spawn(say_after, std::ref(words), "function", 3s);
      co_await sleep(1s);
      words.push_back("body");
      CHECK(tasks.task_count() == 2);
      co_return 5;
    };
    const int value = co_await scope(body);
    CHECK(value == 5);
    CHECK(words == Words{"body", "task", "function"});
  }());
}

TEST_CASE("a spawned lambda and its arguments live as long as its task") {
  run_on_test_clock([]() -> Task<void> {
    int sum = 0;
    const auto body = [&sum](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 10; ++i) {
        tasks.spawn([counted = Counted(i), &sum]() -> Task<void> {
          co_await sleep(1s);
          sum += counted.value();
        });
        tasks.spawn(
            [&sum](Counted counted) -> Task<void> {
              co_await sleep(1s);
              sum += counted.value();
            },
            Counted(i));
      }
      co_return;
    };
    co_await scope(body);
    CHECK(sum == 90);
    CHECK(Counted::alive == 0);
  }());
}

TEST_CASE("a failing task cancels its siblings and the body, and comes out of the scope") {
  const Logged logged;
  run_on_test_clock([]() -> Task<void> {
    Words words;
    std::string what;
    const auto body = [&](Scope& tasks) -> Task<void> {
      const Farewell farewell(words, "body");
      tasks.spawn(say_when_gone(words, "sibling"));
      tasks.spawn(fail_after(1s, "first"));
      co_await sleep(1h);
    };
    try {
      co_await scope(body);
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    CHECK(what == "first");
    CHECK(words.size() == 2);
  }());
  CHECK(logged.lines.empty());
}

TEST_CASE("of several failures the first is thrown and the others are logged") {
  const Logged logged;
  run_on_test_clock([]() -> Task<void> {
    std::string what;
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(fail_after(1s, "first"));
      tasks.spawn(fail_after(1s, "second"));
      tasks.spawn(fail_after(1s, "third"));
      co_return;
    };
    try {
      co_await scope(body);
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    CHECK(what == "first");
  }());
  CHECK(logged.lines.size() == 2);
  CHECK(logged.count("second") == 1);
  CHECK(logged.count("third") == 1);
}

TEST_CASE("the body's own failure cancels the tasks") {
  run_on_test_clock([]() -> Task<void> {
    Words words;
    bool caught = false;
    const auto body = [&](Scope& tasks) -> Task<int> {
      tasks.spawn(say_when_gone(words, "task"));
      co_await sleep(1s);
      throw std::runtime_error("body");
    };
    try {
      co_await scope(body);
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK(words == Words{"task"});
  }());
}

TEST_CASE("a scope's function may spawn before it gives the body, and may throw then") {
  run_on_test_clock([]() -> Task<void> {
    Words words;
    const auto plain = [&](Scope& tasks) {
      tasks.spawn(say_after(words, "spawned early", 1s));
      return say_after(words, "body", 2s);
    };
    co_await scope(plain);
    CHECK(words == Words{"spawned early", "body"});
    bool caught = false;
    const auto thrower = [&](Scope& tasks) -> Task<void> {
      return tasks.spawn(say_when_gone(words, "never begun")), throw std::runtime_error("no body"),
             Task<void>();
    };
    try {
      co_await scope(thrower);
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK(words.size() == 2);
  }());
}

TEST_CASE("a task may spawn siblings; one spawned while the scope is ending is cancelled at once") {
  run_on_test_clock([]() -> Task<void> {
    Words words;
    const auto late_spawner = [&](Scope& tasks) -> Task<void> {
      const auto shielded = [&]() -> Task<void> {
        co_await sleep(2s);
        tasks.spawn(say_after(words, "never", 0s));
      };
      co_await protect(shielded());
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(late_spawner, std::ref(tasks));
      const auto recursive = [&tasks, &words]() -> Task<void> {
        tasks.spawn(say_after(words, "grandchild", 0s));
        co_return;
      };
      tasks.spawn(recursive);
      co_await sleep(1s);
      throw std::runtime_error("end");
    };
    bool caught = false;
    try {
      co_await scope(body);
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
    CHECK(words == Words{"grandchild"});
  }());
}

TEST_CASE("cancelling a scope from outside cancels the body and all tasks") {
  run_on_test_clock([]() -> Task<void> {
    Words words;
    const auto scoped = [&]() -> Task<void> {
      const Farewell farewell(words, "owner");
      const auto body = [&](Scope& tasks) -> Task<void> {
        const Farewell body_farewell(words, "body");
        tasks.spawn(say_when_gone(words, "task"));
        co_await sleep(1h);
      };
      co_await scope(body);
    };
    const bool in_time = co_await try_timeout(scoped(), 1s);
    CHECK_FALSE(in_time);
    REQUIRE(words.size() == 3);
    CHECK(words.back() == "owner");
  }());
}

TEST_CASE("cancel_tasks cancels the tasks and leaves the body, and new tasks may be spawned") {
  run_on_test_clock([]() -> Task<void> {
    Words words;
    const auto body = [&](Scope& tasks) -> Task<void> {
      tasks.spawn(say_when_gone(words, "cancelled"));
      co_await sleep(1s);
      tasks.cancel_tasks();
      co_await yield();
      CHECK(tasks.task_count() == 0);
      tasks.spawn(say_after(words, "new", 1s));
    };
    co_await scope(body);
    CHECK(words == Words{"cancelled", "new"});
  }());
}

TEST_CASE("ten thousand tasks in one scope, half of them cancelled by timeouts, all end") {
  run_on_test_clock([]() -> Task<void> {
    int ended = 0;
    int late = 0;
    const auto one = [&](int i) -> Task<void> {
      const Counted counted(i);
      const std::chrono::seconds nap = i % 2 == 0 ? 1s : 1h;
      const bool in_time = co_await try_timeout(sleep(nap), 1min);
      ++(in_time ? ended : late);
    };
    const auto body = [&](Scope& tasks) -> Task<void> {
      for (int i = 0; i < 10'000; ++i) tasks.spawn(one, i);
      co_return;
    };
    co_await scope(body);
    CHECK(ended == 5000);
    CHECK(late == 5000);
    CHECK(Counted::alive == 0);
  }());
}
