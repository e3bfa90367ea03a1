// Creating n tasks that wait, and joining n tasks that each wait once; nanoseconds for each of the
// n.
#include "sundog/runtime/join.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <vector>

#include "bench/micro/counted_new.hpp"
#include "sundog/io/run.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"

namespace sundog::bench {
namespace {

Task<void> wait_once() { co_await yield(); }

Task<void> join_all(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    std::vector<Task<void>> tasks;
    tasks.reserve(count);
    for (std::size_t i = 0; i < count; ++i) tasks.push_back(wait_once());
    co_await sundog::join(std::move(tasks));
  }
  report_per_item(state, static_cast<double>(state.iterations()) * static_cast<double>(count));
}

void join(benchmark::State& state) { run(join_all(state)); }
BENCHMARK(join)->Arg(10)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

Task<void> wait_for(Future<void> future) { co_await future; }

// Timed until every one of them has run to its wait; their end is not timed.
Task<void> create_waiting(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    auto pair = wait<void>();
    const auto begin = std::chrono::steady_clock::now();
    const auto spawn_all = [&](Scope& scope) -> Task<void> {
      for (std::size_t i = 0; i < count; ++i) scope.spawn(wait_for(pair.first));
      const auto turns = count / Scheduler::batch_jobs_max + 1;
      for (std::size_t turn = 0; turn < turns; ++turn) co_await yield();
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
      state.SetIterationTime(elapsed.count());
      pair.second.wakeup();
    };
    co_await scope(spawn_all);
  }
  report_per_item(state, static_cast<double>(state.iterations()) * static_cast<double>(count));
}

void create_threads(benchmark::State& state) { run(create_waiting(state)); }
BENCHMARK(create_threads)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->UseManualTime();

}  // namespace
}  // namespace sundog::bench
