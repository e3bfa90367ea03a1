// Counts the calls of operator new in this program, so that a benchmark can show that its steady
// state makes none.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace sundog::bench {

std::uint64_t new_count();

// Reports as the counter "mallocs_per_item" how many there were for each item, from its
// construction on.
class NewPerItem {
 public:
  NewPerItem() : before_(new_count()) {}
  void report(benchmark::State& state, double items) const {
    state.counters["mallocs_per_item"] = static_cast<double>(new_count() - before_) / items;
  }

 private:
  std::uint64_t before_;
};

// Sets the counter "ns_per_item" from the benchmark's CPU time, for benchmarks that do many items
// in an iteration.
inline void report_per_item(benchmark::State& state, double items) {
  using benchmark::Counter;
  state.counters["ns_per_item"] = Counter(items * 1e-9, Counter::kIsRate | Counter::kInvert);
}

}  // namespace sundog::bench
