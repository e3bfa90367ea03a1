// RuntimeMetrics: what the runtime and the platform count, of the loop that this is made in.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sundog/io/metrics.hpp"
#include "sundog/runtime/turn_hooks.hpp"

namespace sundog {

// Turns of the loop, steps of tasks, tasks, timers; memory, descriptors and processor time where
// the platform knows them. Counting tasks takes some 10 ns for each, up to tasks_counted_max.
class RuntimeMetrics final : public MetricsSource, private TurnHook {
 public:
  // Inside of run(), as its end. Turns are counted from here on.
  RuntimeMetrics();

  // More tasks than this are told as so many, so that asking does not hold up the loop.
  static constexpr std::size_t tasks_counted_max = 100'000;

  // See MetricsSource.
  void write_metrics(MetricsText& text) const override;

 private:
  void call() override { ++turn_count_; }  // in each turn

  std::uint64_t turn_count_ = 0;
};

}  // namespace sundog
