// The main loop on a clock that jumps: tests wait for nobody.
//
//   run_on_test_clock(task)       runs the task and gives its value; an hour's sleep takes no time
//
// TestPoller knows no I/O. Its wait() moves the clock to the deadline; a bit later if told to, as
// real pollers are.
#pragma once

#include <cstddef>
#include <utility>

#include "sundog/io/loop.hpp"
#include "sundog/io/poller.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::test {

class TestPoller {
 public:
  static constexpr Duration timers_apart = timers_apart_usual;

  TimePoint now() const noexcept { return now_; }
  void wait(TimePoint deadline) {
    ++wait_count;
    if (deadline != never && deadline > now_) now_ = deadline;
    now_ += overslept;
  }
  bool waiting() const noexcept { return false; }
  // As if a task had computed for so long.
  void advance(Duration duration) noexcept { now_ += duration; }

  std::size_t wait_count = 0;
  Duration overslept{0};

 private:
  TimePoint now_{Duration(1'000'000'000)};
};
static_assert(Poller<TestPoller>);

template <class T>
T run_on_test_clock(Task<T> task) {
  TestPoller poller;
  Loop<TestPoller> loop(poller);
  return loop.run(std::move(task));
}

// The same with a poller of the test's own, for those that move the clock.
template <class T>
T run_on(TestPoller& poller, Task<T> task) {
  Loop<TestPoller> loop(poller);
  return loop.run(std::move(task));
}

}  // namespace sundog::test
