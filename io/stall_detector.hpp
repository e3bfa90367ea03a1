// StallDetector: says which task held the main loop too long.
//
// Tasks share one thread, so one that computes for long, or calls something that blocks, stops all
// the others. Two observations find it, and neither costs anything while a task runs:
//  - a StallSampler, where the platform has one, interrupts the thread after it has computed for
//    some time and looks whether it is still in the same step of the same task: then that task is
//    named with certainty;
//  - at the end of each turn the clock tells how long the turn was (a blocked thread computes
//    nothing, so the first cannot see it). If it was too long, the tasks that ran in it and are
//    still there are named; when it was only one, that is it. Time in which the thread would have
//    run, but other programs had the processors, does not count where the platform can tell.
// An idle program is not woken by either.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>

#include "sundog/runtime/scheduler.hpp"
#include "sundog/timers/clock.hpp"

namespace sundog {

// One step of a task that was seen to last too long.
struct Stall {
  std::uint64_t step;           // Scheduler::resumed_count() in it
  std::source_location origin;  // where the task was made
  Duration computed;            // how long the processor was seen to work on it, at least
};

// Where the detector has its samples from: a platform's way to see which step the thread is in.
class StallSampler {
 public:
  virtual ~StallSampler() = default;
  // The longest stall seen since the last call, if there was one. To be called between tasks.
  virtual std::optional<Stall> take() noexcept = 0;
  // A clock that is cheaper to read than Timers::now(), and behind it by at most half the limit.
  virtual TimePoint coarse_now() noexcept = 0;
  // How long in all the thread was ready to run and had no processor. Costs a system call.
  virtual Duration delayed() noexcept = 0;
};

class StallDetector final : TurnHook {
 public:
  // Watches the current main loop for steps longer than `limit`, which is positive, as long as it
  // lives; to be made and destroyed inside of run(). The sampler may be null.
  StallDetector(Duration limit, std::unique_ptr<StallSampler> sampler);

  // Repeated stalls are not logged more often than this; the next message tells how many were left
  // out.
  static constexpr Duration report_pause = std::chrono::seconds(1);

 private:
  // The delay is known for the time since it was last read, so it is read now and then.
  static constexpr Duration delay_reading_pause = std::chrono::seconds(1);

  void call() override;  // at the end of each turn
  bool surely_short_turn() const noexcept;
  Duration read_delay() noexcept;
  void report(const std::optional<Stall>& stall, Duration turn, std::uint64_t steps);

  Scheduler& scheduler_;
  Duration limit_;
  std::unique_ptr<StallSampler> sampler_;
  std::uint64_t resumed_count_;
  Duration delay_ = Duration::zero();
  std::int64_t delay_read_ns_;
  std::int64_t reported_ns_;
  std::uint64_t unreported_count_ = 0;
};

}  // namespace sundog
