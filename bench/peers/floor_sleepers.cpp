// N coroutines asleep with random deadlines within one second, on the least that can do it: frames
// from malloc, a std::priority_queue of deadlines, clock_nanosleep. No cancelling, no I/O: the
// floor.
#include <time.h>

#include <coroutine>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <queue>
#include <random>
#include <vector>

#include "bench/peers/peak_resident.hpp"

namespace {

std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

struct Sleeping {
  std::uint64_t deadline_ns;
  std::coroutine_handle<> task;
  bool operator<(const Sleeping& other) const { return deadline_ns > other.deadline_ns; }
};

std::priority_queue<Sleeping> sleeping;
std::uint64_t finished = 0;

struct Sleep {
  explicit Sleep(std::uint64_t deadline) : deadline_ns(deadline) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> task) const { sleeping.push({deadline_ns, task}); }
  void await_resume() const {}
  std::uint64_t deadline_ns;
};

struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

Detached sleeper(std::uint64_t deadline_ns) {
  co_await Sleep(deadline_ns);
  ++finished;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const auto resident_before = sundog::bench::peak_resident_bytes();
  std::mt19937_64 random(1);
  const auto begin_ns = clock_ns(CLOCK_MONOTONIC);
  for (std::uint64_t i = 0; i < count; ++i)
    sleeper(clock_ns(CLOCK_MONOTONIC) + random() % 1'000'000'000);
  const auto spawned_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  while (!sleeping.empty()) {
    const auto next = sleeping.top();
    const auto now_ns = clock_ns(CLOCK_MONOTONIC);
    if (next.deadline_ns > now_ns) {
      const auto wait_ns = next.deadline_ns - now_ns;
      const timespec wait{static_cast<time_t>(wait_ns / 1'000'000'000),
                          static_cast<long>(wait_ns % 1'000'000'000)};
      clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, nullptr);
      continue;
    }
    sleeping.pop();
    next.task.resume();
  }
  const double per = static_cast<double>(count);
  std::printf(
      "{\"count\": %.0f, \"cpu_s\": %.4f, \"spawn_cpu_s\": %.4f, \"wall_s\": %.4f, "
      "\"bytes_per_sleeper\": %.1f}\n",
      per, static_cast<double>(clock_ns(CLOCK_PROCESS_CPUTIME_ID)) / 1e9,
      static_cast<double>(spawned_ns) / 1e9,
      static_cast<double>(clock_ns(CLOCK_MONOTONIC) - begin_ns) / 1e9,
      static_cast<double>(sundog::bench::peak_resident_bytes() - resident_before) / per);
  return finished == count ? 0 : 1;
}
