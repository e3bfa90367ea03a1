// The micro benchmarks: what the small things of runtime/ and timers/ cost, with google benchmark.
#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
