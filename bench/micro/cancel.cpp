// Cancelling a task that waits 17 frames deep: from the call of cancel() until its frames are gone.
// Many at a time, so that a turn of the loop is shared by them.
#include <benchmark/benchmark.h>

#include <chrono>
#include <vector>

#include "bench/micro/counted_new.hpp"
#include "sundog/io/run.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/yield.hpp"

namespace sundog::bench {
namespace {

constexpr int frames = 17;
constexpr int tasks = 200;

Task<int> nested(Future<int> never, int depth) {
  if (depth > 1) {
    const int deeper = co_await nested(never, depth - 1);
    co_return deeper + 1;
  }
  co_return co_await never;
}

Task<void> cancel_nested(benchmark::State& state) {
  auto pair = wait<int>();
  for (auto _ : state) {
    std::vector<Future<int>> waiting;
    for (int i = 0; i < tasks; ++i) waiting.push_back(async(nested(pair.first, frames)));
    co_await yield();  // they all wait now
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& future : waiting) future.cancel();
    while (waiting.back().state() == FutureState::Sleep) co_await yield();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(elapsed.count());
  }
  report_per_item(state, static_cast<double>(state.iterations()) * tasks);
  pair.second.wakeup(0);
}

void cancel_17(benchmark::State& state) { run(cancel_nested(state)); }
BENCHMARK(cancel_17)->UseManualTime();

}  // namespace
}  // namespace sundog::bench
