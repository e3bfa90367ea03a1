// A future and its wakener: with a function bound to it, as bench/peers/lwt_tasks.ml does it, and
// awaited by a task.
#include <benchmark/benchmark.h>

#include <utility>
#include <vector>

#include "bench/micro/counted_new.hpp"
#include "sundog/io/run.hpp"
#include "sundog/runtime/combinators.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/yield.hpp"

namespace sundog::bench {
namespace {

Task<void> bind_and_wake(benchmark::State& state) {
  const NewPerItem news;
  for (auto _ : state) {
    auto pair = wait<int>();
    auto bound = bind(pair.first, [](int value) { return ready(value + 1); });
    pair.second.wakeup(1);
    benchmark::DoNotOptimize(bound);
  }
  news.report(state, static_cast<double>(state.iterations()));
  co_return;
}

void wait_wakeup(benchmark::State& state) { run(bind_and_wake(state)); }
BENCHMARK(wait_wakeup);

constexpr int waiting_tasks = 200;

Task<int> await_future(Future<int> future) { co_return co_await future; }

// So many at a time that a turn of the loop is shared by them.
Task<void> await_and_wake(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<Wakener<int>> wakeners;
    std::vector<Future<int>> results;
    for (int i = 0; i < waiting_tasks; ++i) {
      auto pair = wait<int>();
      results.push_back(async(await_future(pair.first)));
      wakeners.push_back(std::move(pair.second));
    }
    co_await yield();
    for (auto& wakener : wakeners) wakener.wakeup(1);
    co_await results.back();
  }
  report_per_item(state, static_cast<double>(state.iterations()) * waiting_tasks);
}

void await_wakeup(benchmark::State& state) { run(await_and_wake(state)); }
BENCHMARK(await_wakeup);

}  // namespace
}  // namespace sundog::bench
