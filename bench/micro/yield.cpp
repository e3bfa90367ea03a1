// Yielding among 1,000 tasks, each of which yields 1,000 times; the floor's queue is a std::deque.
#include "sundog/runtime/yield.hpp"

#include <benchmark/benchmark.h>

#include <vector>

#include "bench/micro/counted_new.hpp"
#include "bench/micro/floor.hpp"
#include "sundog/io/run.hpp"
#include "sundog/runtime/scope.hpp"

namespace sundog::bench {
namespace {

constexpr int tasks = 1000;
constexpr int yields = 1000;

Task<void> yielder() {
  for (int i = 0; i < yields; ++i) co_await yield();
}

Task<void> yield_among(benchmark::State& state) {
  for (auto _ : state) {
    const auto spawn_all = [](Scope& scope) -> Task<void> {
      for (int i = 0; i < tasks; ++i) scope.spawn(yielder());
      co_return;
    };
    co_await scope(spawn_all);
  }
  report_per_item(state, static_cast<double>(state.iterations()) * tasks * yields);
}

void yield_1000(benchmark::State& state) { run(yield_among(state)); }
BENCHMARK(yield_1000);

floor::Task floor_yielder() {
  for (int i = 0; i < yields; ++i) co_await floor::Yield();
  co_return 0;
}

void floor_yield_1000(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<floor::Task> all;
    for (int i = 0; i < tasks; ++i) {
      all.push_back(floor_yielder());
      floor::ready.push_back(all.back().handle());
    }
    floor::run_ready();
  }
  report_per_item(state, static_cast<double>(state.iterations()) * tasks * yields);
}
BENCHMARK(floor_yield_1000);

}  // namespace
}  // namespace sundog::bench
