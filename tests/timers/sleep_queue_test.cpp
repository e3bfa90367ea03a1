#include "sundog/timers/sleep_queue.hpp"

#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "tests/allocations.hpp"
#include "tests/catch.hpp"

using namespace sundog;

namespace {

class TestTimer final : public Timer {
 public:
  std::pair<TimePoint, std::uint32_t> key;

 private:
  void fired() override {}
};

// A queue and a sorted model of it, which are given the same.
class Pair {
 public:
  explicit Pair(std::size_t timers) : timers_(timers) {}

  std::size_t size() const { return model_.size(); }
  bool armed(std::size_t index) const { return timers_[index].armed(); }
  void add(std::size_t index, TimePoint deadline) {
    TestTimer& timer = timers_[index];
    timer.key = {deadline, order_};
    queue_.add(timer, deadline, order_++);
    model_.emplace(timer.key, &timer);
    check(timer.armed());
  }
  void remove(std::size_t index) {
    queue_.remove(timers_[index]);
    check(model_.erase(timers_[index].key) == 1 && !armed(index));
  }
  TimePoint take_nearest() {
    const auto [key, expected] = *model_.begin();
    model_.erase(model_.begin());
    const TimerHook& nearest = queue_.take_nearest();
    check(&nearest == expected && !nearest.armed());
    return key.first;
  }
  void take_all() {
    while (!model_.empty()) take_nearest();
    check(queue_.empty());
  }
  std::size_t wrong_count() const { return wrong_count_; }
  SleepQueue& queue() { return queue_; }

 private:
  void check(bool right) {
    if (!right || queue_.size() != model_.size() ||
        queue_.nearest() != (model_.empty() ? never : model_.begin()->first.first)) {
      ++wrong_count_;
    }
  }

  std::vector<TestTimer> timers_;
  SleepQueue queue_;
  std::map<std::pair<TimePoint, std::uint32_t>, TestTimer*> model_;
  std::uint32_t order_ = 0;
  std::size_t wrong_count_ = 0;
};

// How far from now the deadlines are that a test draws.
using Draw = std::int64_t (*)(std::mt19937_64& random);
struct Distribution {
  const char* name;
  Draw draw;
};
constexpr Distribution distributions[] = {
    {"few and often equal", [](auto& random) { return static_cast<std::int64_t>(random() % 500); }},
    {"uniform", [](auto& random) { return static_cast<std::int64_t>(random() % 1'000'000'000); }},
    {"of all magnitudes",
     [](auto& random) { return static_cast<std::int64_t>(random() >> (1 + random() % 63)); }},
    {"mostly equal, and some far",
     [](auto& random) { return random() % 16 == 0 ? std::int64_t{1} << (random() % 62) : 1000; }},
    {"from the past to never",
     [](auto& random) {
       constexpr std::int64_t some[] = {INT64_MIN, -1000, 0, 5, INT64_MAX - 1, INT64_MAX};
       return some[random() % std::size(some)];
     }},
};

TimePoint after(TimePoint now, std::int64_t delay_ns) {
  if (delay_ns <= 0) return TimePoint(Duration(delay_ns));
  return deadline_after(now, Duration(delay_ns));
}

}  // namespace

TEST_CASE("random operations leave the queue as a sorted model is, whatever the deadlines are") {
  for (const auto& [name, draw] : distributions) {
    INFO("deadlines are " << name);
    std::mt19937_64 random(20261123);
    constexpr std::size_t timers = 20'000;
    Pair pair(timers);
    TimePoint now{};
    for (int step = 0; step < 200'000; ++step) {
      // It fills up first, and runs empty in the end.
      const std::uint64_t taken_of_16 = step < 60'000 ? 1 : 4;
      const std::size_t index = random() % timers;
      if (random() % 16 < taken_of_16 && pair.size() > 0) {
        now = std::max(now, pair.take_nearest());
        if (now == never) now = TimePoint();
      } else if (pair.armed(index)) {
        if (step >= 60'000 || random() % 4 == 0) pair.remove(index);
      } else {
        pair.add(index, after(now, draw(random)));
      }
    }
    pair.take_all();
    CHECK(pair.wrong_count() == 0);
  }
}

TEST_CASE("deadlines that come nearer and nearer, and bursts of them, come out in order") {
  constexpr std::size_t timers = 50'000;
  Pair pair(timers);
  for (std::size_t i = 0; i < timers; ++i) {
    // each burst is before all the earlier ones
    const auto burst = static_cast<std::int64_t>(i / 1500);
    pair.add(i,
             TimePoint(Duration((100 - burst) * 1'000'000 + static_cast<std::int64_t>(i % 1500))));
  }
  pair.take_all();
  for (std::size_t i = 0; i < timers; ++i) {
    pair.add(i, TimePoint(Duration(1'000'000'000 - static_cast<std::int64_t>(i) * 1000)));
  }
  pair.take_all();
  CHECK(pair.wrong_count() == 0);
}

TEST_CASE("equal deadlines come out in the order of arming, also when the order's counter wraps") {
  constexpr std::size_t count = 3000;  // too many for a small heap, and not to be told apart
  for (const std::uint32_t wrap : {std::uint32_t{1} << 31, std::uint32_t{0}}) {
    SleepQueue queue;
    std::vector<TestTimer> timers(count);
    std::uint32_t order = wrap - count / 2;
    for (TestTimer& timer : timers) queue.add(timer, TimePoint(Duration(1)), order++);
    for (const TestTimer& timer : timers) REQUIRE(&queue.take_nearest() == &timer);
  }
}

TEST_CASE("where room was reserved, adding, moving and removing timers allocates nothing") {
  for (const auto& [name, draw] : distributions) {
    INFO("deadlines are " << name);
    std::mt19937_64 random(1);
    SleepQueue queue;
    std::vector<TestTimer> timers(30'000);
    queue.reserve(timers.size());
    CHECK(queue.room() == timers.size());
    const std::size_t before = test::allocation_count();
    std::uint32_t order = 0;
    for (int round = 0; round < 3; ++round) {
      for (TestTimer& timer : timers) queue.add(timer, after(TimePoint(), draw(random)), order++);
      for (std::size_t i = 0; i < timers.size(); i += 3) queue.remove(timers[i]);
      while (!queue.empty()) queue.take_nearest();
    }
    CHECK(test::allocation_count() == before);
  }
}
