// A timeout that is not reached: armed and cancelled within a turn.
#include "sundog/timers/timeout.hpp"

#include <benchmark/benchmark.h>

#include "bench/micro/counted_new.hpp"
#include "sundog/io/run.hpp"

namespace sundog::bench {
namespace {

using namespace std::chrono_literals;

class Unreached final : public Timer {
  void fired() override {}
};

Task<void> arm_and_cancel(benchmark::State& state) {
  const NewPerItem news;
  Timers& timers = Timers::current();
  Unreached timer;
  for (auto _ : state) {
    timers.arm_after(timer, 30s);
    benchmark::DoNotOptimize(timer);
    timers.cancel(timer);
  }
  news.report(state, static_cast<double>(state.iterations()));
  co_return;
}

void arm_cancel(benchmark::State& state) { run(arm_and_cancel(state)); }
BENCHMARK(arm_cancel);

[[gnu::noinline]] Task<int> leaf(int value) { co_return value; }

Task<void> in_time(benchmark::State& state) {
  const NewPerItem news;
  for (auto _ : state) {
    const int value = co_await timeout(leaf(1), 30s);
    benchmark::DoNotOptimize(value);
  }
  news.report(state, static_cast<double>(state.iterations()));
}

void timeout_ready(benchmark::State& state) { run(in_time(state)); }
BENCHMARK(timeout_ready);

}  // namespace
}  // namespace sundog::bench
