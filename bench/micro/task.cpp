// Creating, awaiting and destroying a task. The awaited coroutine is not inlined, so that the
// compiler cannot do away with its frame.
#include <benchmark/benchmark.h>

#include "bench/micro/counted_new.hpp"
#include "bench/micro/floor.hpp"
#include "sundog/io/run.hpp"

namespace sundog::bench {
namespace {

[[gnu::noinline]] Task<int> leaf(int value) { co_return value; }

Task<void> await_leaves(benchmark::State& state) {
  const NewPerItem news;
  for (auto _ : state) {
    const int value = co_await leaf(1);
    benchmark::DoNotOptimize(value);
  }
  news.report(state, static_cast<double>(state.iterations()));
}

void task(benchmark::State& state) { run(await_leaves(state)); }
BENCHMARK(task);

[[gnu::noinline]] floor::Task floor_leaf(int value) { co_return value; }

floor::Task await_floor_leaves(benchmark::State& state) {
  for (auto _ : state) {
    const int value = co_await floor_leaf(1);
    benchmark::DoNotOptimize(value);
  }
  co_return 0;
}

void floor_task(benchmark::State& state) { await_floor_leaves(state).handle().resume(); }
BENCHMARK(floor_task);

}  // namespace
}  // namespace sundog::bench
