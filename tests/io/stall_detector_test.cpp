#include "sundog/io/stall_detector.hpp"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/machine.hpp"
#include "sundog/io/run.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/catch.hpp"
#include "tests/runtime/logged.hpp"
#include "sundog/timers/sleep.hpp"

using namespace sundog;
using namespace std::chrono_literals;

namespace {

std::int64_t thread_time_ns() {
  timespec time;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Task<void> compute(Duration duration) {
  co_await yield();
  const std::int64_t end_ns = thread_time_ns() + duration.count();
  while (thread_time_ns() < end_ns) {
  }
  co_await yield();
}

Task<void> block(Duration duration) {
  co_await sleep(1ms);
  ::usleep(static_cast<useconds_t>(duration.count() / 1000));
  co_await sleep(1ms);
}

// Runs the task under a detector with the platform's sampler.
Task<void> watched(Task<void> task, Duration limit) {
  const StallDetector detector(limit, machine::sample_stalls(Scheduler::current(), limit));
  co_await join(std::move(task));
}

// The only line logged, or a failure.
std::string only_line(Task<void> task, Duration limit = 10ms) {
  const test::Logged logged;
  run(watched(std::move(task), limit));
  REQUIRE(logged.lines.size() == 1);
  return logged.lines[0];
}

}  // namespace

TEST_CASE("a task that computes for long is named, with the place that made it") {
  const std::string line = only_line(compute(300ms));
  INFO(line);
  CHECK(line.starts_with("warning loop: a task held the loop for "));
  CHECK(line.find("ms: it was made at ") != std::string::npos);
  CHECK(line.find("stall_detector_test.cpp:") != std::string::npos);
  CHECK(line.find("in `") != std::string::npos);
}

TEST_CASE("a task that blocks is named when it was the only one to run") {
  const std::string line = only_line(block(300ms));
  INFO(line);
  CHECK(line.starts_with("warning loop: a turn of the loop took "));
  CHECK(line.find("in the task made at ") != std::string::npos);
  CHECK(line.find("stall_detector_test.cpp:") != std::string::npos);
  CHECK(line.find("it now waits at ") != std::string::npos);
}

TEST_CASE("a stall's warning is a line that can be read, whatever types the task is made of") {
  using Types = std::map<std::string, std::vector<std::pair<std::string, std::vector<int>>>>;
  const auto all_block = [](Scope& tasks, Types, std::vector<Types>) -> Task<void> {
    const auto block_in = [](Types, std::vector<Types>) -> Task<void> {
      co_await sleep(1ms);
      ::usleep(50'000);
      co_await sleep(100ms);
    };
    for (int i = 0; i < 6; ++i) tasks.spawn(block_in, Types(), std::vector<Types>());
    co_await sleep(500ms);
  };
  const auto body = [&]() -> Task<void> {
    co_await scope([&](Scope& tasks) { return all_block(tasks, Types(), {}); });
  };
  const std::string line = only_line(body());
  INFO(line);
  CHECK(line.find("::lambda'") != std::string::npos);
  CHECK(line.find("basic_string") == std::string::npos);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.size() < 900);  // of which paths are the most
}

TEST_CASE("a task that has ended after it blocked cannot be named, and the message says so") {
  const auto block_and_end = []() -> Task<void> {
    co_await sleep(1ms);
    ::usleep(300'000);
  };
  const auto among_others = [&](Scope& tasks) -> Task<void> {
    tasks.spawn(block_and_end);
    co_await sleep(500ms);
  };
  const auto body = [&]() -> Task<void> { co_await scope(among_others); };
  CHECK(only_line(body()).ends_with("; the tasks that ran in it have ended"));
}

TEST_CASE("repeated stalls are counted and not logged each time") {
  const auto many = []() -> Task<void> {
    for (int i = 0; i < 15; ++i) {
      const timespec pause = {0, 100'000'000};
      ::nanosleep(&pause, nullptr);
      co_await sleep(1ms);
    }
  };
  const test::Logged logged;
  run(watched(many(), 10ms));
  REQUIRE(logged.lines.size() >= 2);
  CHECK(logged.lines.size() < 6);  // it takes 1.5 s, and longer where the machine is busy
  CHECK(logged.lines[1].find(" more such turns before") != std::string::npos);
}

TEST_CASE("short steps are not stalls, however many there are") {
  const auto busy = []() -> Task<void> {
    const std::int64_t end_ns = thread_time_ns() + Duration(100ms).count();
    while (thread_time_ns() < end_ns) co_await yield();
  };
  const test::Logged logged;
  run(watched(busy(), 1s));
  CHECK(logged.lines.empty());
}

TEST_CASE("an idle program is not woken by its stall detector") {
  const auto idle = []() -> Task<void> { co_await sleep(300ms); };
  rusage before, after;
  ::getrusage(RUSAGE_THREAD, &before);
  run(watched(idle(), 10ms));
  ::getrusage(RUSAGE_THREAD, &after);
  // Every wake-up is followed by a switch away, when the thread waits again.
  CHECK(after.ru_nvcsw - before.ru_nvcsw < 10);
}
