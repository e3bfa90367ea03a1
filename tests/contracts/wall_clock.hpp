// What io/wall_clock.hpp promises, tried on any WallClock.
#pragma once

#include <chrono>

#include "sundog/io/wall_clock.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timers.hpp"
#include "tests/catch.hpp"

namespace sundog::contract {

// On a machine whose date nobody sets meanwhile, from a task in its main loop.
template <WallClock C>
Task<void> wall_clock(C clock) {
  using namespace std::chrono_literals;
  // It goes on as the monotonic clock does. Each is read twice, the other between: what this
  // machine does in between lies on the known side.
  const TimePoint earliest = now();
  const WallTime first = clock.now();
  const TimePoint begun = now();
  co_await sleep(30ms);
  const TimePoint ended = now();
  const WallTime second = clock.now();
  const TimePoint latest = now();
  // A tick of the coarsest clock there is, and what a date that is slewed gains or loses at most.
  constexpr Duration tick = 10ms;
  CHECK(second - first >= ended - begun - tick);
  CHECK(second - first <= latest - earliest + tick);

  // A copy or a moved one shows the same time.
  C moved(std::move(clock));
  const WallTime third = moved.now();
  CHECK(third >= second);
}

}  // namespace sundog::contract
