#include "timers/sleep_heap.hpp"

#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "tests/catch.hpp"

using namespace sundog;

namespace {

class TestTimer final : public Timer {
 public:
  explicit TestTimer(int number) : number(number) {}
  int number;
  std::pair<TimePoint, std::uint32_t> key;

 private:
  void fired() override {}
};

}  // namespace

TEST_CASE("a million random operations leave the heap as a sorted model is, at every step") {
  std::mt19937 random(20261123);
  SleepHeap heap;
  std::map<std::pair<TimePoint, std::uint32_t>, TestTimer*> model;
  std::vector<std::unique_ptr<TestTimer>> timers;
  for (int i = 0; i < 5000; ++i) timers.push_back(std::make_unique<TestTimer>(i));
  std::uint32_t order = 0;
  std::size_t wrong = 0;
  for (int step = 0; step < 1'000'000; ++step) {
    TestTimer& timer = *timers[random() % timers.size()];
    const unsigned what = random() % 8;
    if (what == 0 && !model.empty()) {
      auto& nearest = static_cast<TestTimer&>(heap.take_nearest());
      wrong += &nearest != model.begin()->second || nearest.armed();
      model.erase(model.begin());
    } else if (timer.armed()) {
      heap.remove(timer);
      wrong += model.erase(timer.key) != 1 || timer.armed();
    } else {
      // Few distinct deadlines, so that many are equal.
      timer.key = {TimePoint(Duration(random() % 500)), order};
      heap.add(timer, timer.key.first, order++);
      model.emplace(timer.key, &timer);
      wrong += !timer.armed();
    }
    wrong += heap.size() != model.size();
    wrong += heap.nearest() != (model.empty() ? never : model.begin()->first.first);
  }
  CHECK(wrong == 0);
  while (!model.empty()) {
    CHECK(&heap.take_nearest() == model.begin()->second);
    model.erase(model.begin());
  }
  CHECK(heap.empty());
}

TEST_CASE("equal deadlines come out in the order of arming, also when the order's counter wraps") {
  SleepHeap heap;
  std::vector<std::unique_ptr<TestTimer>> timers;
  std::uint32_t order = UINT32_MAX - 500;
  for (int i = 0; i < 1000; ++i) {
    timers.push_back(std::make_unique<TestTimer>(i));
    heap.add(*timers.back(), TimePoint(Duration(1)), order++);
  }
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(static_cast<TestTimer&>(heap.take_nearest()).number == i);
  }
}
