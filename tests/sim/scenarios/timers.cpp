// SleepQueue and a sorted list are given the same random operations and must give back the same
// timers.
#include <array>
#include <map>
#include <memory>
#include <vector>

#include "tests/sim/scenarios/scenarios.hpp"
#include "sundog/timers/sleep_queue.hpp"

namespace sundog::sim {
namespace {

constexpr std::uint64_t operations = 1000;
// In one world out of so many there are so many timers that most of them are far.
constexpr std::uint64_t worlds_for_a_large_one = 16;
constexpr std::uint64_t timers_of_a_large_one = 4000;
// How many different deadlines there are: all equal, many equal, none.
constexpr std::array<std::uint64_t, 3> ranges = {1, 64, std::uint64_t{1} << 32};

class CountedTimer final : public Timer {
 public:
  std::uint64_t order = 0;

 private:
  void fired() override {}
};

class Model {
 public:
  explicit Model(World& world)
      : world_(world), deadlines_(ranges[world.prng().below(ranges.size())]) {}

  void add() {
    auto timer = std::make_unique<CountedTimer>();
    timer->order = next_order_++;
    const TimePoint deadline(Duration(world_.prng().below(deadlines_)));
    queue_.add(*timer, deadline, static_cast<std::uint32_t>(timer->order));
    sorted_.emplace(Key(deadline, timer->order), timer.get());
    timers_.emplace(timer->order, std::move(timer));
  }

  void operate() {
    const std::uint64_t choice = world_.prng().below(4);
    if (choice < 2 || timers_.empty()) {
      add();
    } else if (choice == 2) {
      remove();
    } else {
      take();
    }
    if (queue_.size() != sorted_.size()) world_.fail("the queue has another number of timers");
  }
  void take_all() {
    while (!timers_.empty()) take();
  }

 private:
  using Key = std::pair<TimePoint, std::uint64_t>;

  void remove() {
    auto place = timers_.begin();
    std::advance(place, static_cast<std::ptrdiff_t>(world_.prng().below(timers_.size())));
    std::erase_if(sorted_, [&](const auto& entry) { return entry.second == place->second.get(); });
    queue_.remove(*place->second);
    if (place->second->armed()) world_.fail("a timer that was removed says that it is armed");
    timers_.erase(place);
  }
  void take() {
    const auto expected = sorted_.begin();
    if (queue_.nearest() != expected->first.first) world_.fail("another deadline is the nearest");
    TimerHook& taken = queue_.take_nearest();
    if (&taken != expected->second) world_.fail("the timers come out in another order");
    sorted_.erase(expected);
    timers_.erase(static_cast<CountedTimer&>(taken).order);
  }

  World& world_;
  std::uint64_t deadlines_;
  SleepQueue queue_;
  std::map<Key, TimerHook*> sorted_;
  std::map<std::uint64_t, std::unique_ptr<CountedTimer>> timers_;
  // The queue's order has 31 bits, and wraps around on the way.
  std::uint64_t next_order_ = (UINT32_MAX >> 1) - operations / 2;
};

}  // namespace

void simulate_timers(World& world) {
  Model model(world);
  if (world.prng().below(worlds_for_a_large_one) == 0) {
    for (std::uint64_t i = 0; i < timers_of_a_large_one; ++i) model.add();
  }
  for (std::uint64_t i = 0; i < operations; ++i) model.operate();
  model.take_all();
}

}  // namespace sundog::sim
