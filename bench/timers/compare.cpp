// Compares the timer structures: insert, pop, hold (pop one, insert one later: a steady state) and
// insert-then-cancel (a timeout that is not reached), ns per operation, at 1,000, 100,000 and
// 1,000,000 timers. A timer stands inside an object of 128 bytes, as it does inside the frame of a
// sleeping task. Prints one JSON line for each structure, operation and size.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "bench/timers/indexed_heap.hpp"
#include "bench/timers/pairing_heap.hpp"
#include "bench/timers/runtime_sleep_queue.hpp"
#include "bench/timers/wheel.hpp"

namespace {

constexpr std::uint64_t horizon_ns = 1'000'000'000;
constexpr int rounds = 5;

std::uint64_t clock_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
}

// The object a timer stands in: a frame's worth of memory, so that misses cost what they cost
// there.
template <class Queue>
struct alignas(128) Sleeper {
  typename Queue::Timer timer;
};

struct Times {
  double insert_ns, pop_ns, hold_ns, cancel_ns;
};

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "wrong order of timers: %s\n", what);
  std::exit(1);
}

template <class Queue>
Times measure(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> delays_ns(1 << 16);
  for (auto& delay_ns : delays_ns) delay_ns = random() % horizon_ns;
  std::size_t next = 0;
  const auto delay_ns = [&] {
    ++next;
    return delays_ns[next % delays_ns.size()] + next;
  };

  const auto queue = std::make_unique<Queue>();
  const auto sleepers = std::make_unique<Sleeper<Queue>[]>(count + 1);
  const auto per = [](std::uint64_t begin, std::size_t operations) {
    return static_cast<double>(clock_ns() - begin) / static_cast<double>(operations);
  };
  Times times{};

  auto begin = clock_ns();
  for (std::size_t i = 0; i < count; ++i) queue->insert(sleepers[i].timer, delay_ns());
  times.insert_ns = per(begin, count);

  const std::size_t operations = std::max<std::size_t>(count, 200'000);
  std::uint64_t now_ns = 0;
  begin = clock_ns();
  for (std::size_t i = 0; i < operations; ++i) {
    const auto before_ns = now_ns;
    auto* const timer = queue->pop(now_ns);
    require(now_ns >= before_ns, "hold");
    queue->insert(*timer, now_ns + delay_ns());
  }
  times.hold_ns = per(begin, operations);

  begin = clock_ns();
  for (std::size_t i = 0; i < operations; ++i) {
    queue->insert(sleepers[count].timer, now_ns + delay_ns());
    queue->cancel(sleepers[count].timer);
  }
  times.cancel_ns = per(begin, operations);

  begin = clock_ns();
  std::size_t popped = 0;
  auto before_ns = now_ns;
  while (queue->pop(now_ns) != nullptr) {
    require(now_ns >= before_ns, "pop");
    before_ns = now_ns;
    ++popped;
  }
  times.pop_ns = per(begin, count);
  require(popped == count, "all come out");
  return times;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <class Queue>
void report(const char* structure, std::size_t count) {
  std::vector<double> insert, pop, hold, cancel;
  for (int round = 0; round < rounds; ++round) {
    const auto times = measure<Queue>(count, 1 + static_cast<std::uint64_t>(round));
    insert.push_back(times.insert_ns);
    pop.push_back(times.pop_ns);
    hold.push_back(times.hold_ns);
    cancel.push_back(times.cancel_ns);
  }
  std::printf(
      "{\"structure\": \"%s\", \"count\": %zu, \"insert_ns\": %.1f, \"pop_ns\": %.1f, "
      "\"hold_ns\": %.1f, \"insert_cancel_ns\": %.1f}\n",
      structure, count, median(insert), median(pop), median(hold), median(cancel));
  std::fflush(stdout);
}

}  // namespace

int main() {
  using namespace sundog::bench;
  for (const std::size_t count : {1'000UL, 100'000UL, 1'000'000UL}) {
    report<IndexedHeap<2>>("2-ary heap", count);
    report<IndexedHeap<4>>("4-ary heap", count);
    report<IndexedHeap<8>>("8-ary heap", count);
    report<RuntimeSleepQueue>("timers/sleep_queue.hpp", count);
    report<PairingHeap>("pairing heap", count);
    report<Wheel>("wheel, 64 slots x 11", count);
  }
}
