// N tasks asleep with random deadlines: `sleepers N` within one second, for CPU time and memory;
// `sleepers N jitter` within five, for how late each of them wakes. Prints one line of JSON.
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

#include "bench/load/histogram.hpp"
#include "bench/peers/peak_resident.hpp"
#include "sundog/io/run.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::bench {
namespace {

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

Task<void> sleep_once(Duration duration) { co_await sleep(duration); }

Task<void> sleep_and_tell(Duration duration, Histogram* late_ns) {
  const TimePoint deadline = now() + duration;
  co_await sleep_until(deadline);
  late_ns->count(static_cast<std::uint64_t>((now() - deadline).count()));
}

class Sleepers {
 public:
  explicit Sleepers(int count) : count_(count), resident_before_(peak_resident_bytes()) {}

  Task<void> measure_cost() {
    const TimePoint begin = now();
    const auto spawn_all = [this](Scope& scope) -> Task<void> {
      for (int i = 0; i < count_; ++i)
        scope.spawn(sleep_once(random_within(std::chrono::seconds(1))));
      spawned_ = cpu_seconds();
      co_return;
    };
    co_await scope(spawn_all);
    const std::chrono::duration<double> wall = now() - begin;
    std::printf(
        "{\"count\": %d, \"cpu_s\": %.4f, \"spawn_cpu_s\": %.4f, \"wall_s\": %.4f, "
        "\"bytes_per_sleeper\": %.1f}\n",
        count_, cpu_seconds(), spawned_, wall.count(),
        static_cast<double>(peak_resident_bytes() - resident_before_) / count_);
  }

  Task<void> measure_jitter() {
    const auto spawn_all = [this](Scope& scope) -> Task<void> {
      for (int i = 0; i < count_; ++i) {
        scope.spawn(sleep_and_tell(random_within(std::chrono::seconds(5)), &late_ns_));
      }
      co_return;
    };
    co_await scope(spawn_all);
    std::printf("{\"count\": %d, \"late_ns\": {", count_);
    for (const double quantile : {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
      std::printf("\"%g\": %llu, ", quantile,
                  static_cast<unsigned long long>(late_ns_.quantile(quantile)));
    }
    std::printf("\"1\": %llu}}\n", static_cast<unsigned long long>(late_ns_.max()));
  }

 private:
  Duration random_within(Duration limit) {
    return Duration(
        static_cast<Duration::rep>(random_() % static_cast<std::uint64_t>(limit.count())));
  }

  int count_;
  std::uint64_t resident_before_;
  double spawned_ = 0;
  std::mt19937_64 random_{1};
  Histogram late_ns_;
};

}  // namespace
}  // namespace sundog::bench

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  static sundog::bench::Sleepers sleepers(count);
  if (argc > 2 && std::string_view(argv[2]) == "jitter") {
    sundog::run(sleepers.measure_jitter());
  } else {
    sundog::run(sleepers.measure_cost());
  }
}
