#include "sundog/runtime/circle.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sundog/runtime/dump.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/runtime/scheduler.hpp"

namespace sundog {
namespace {

// What a waiting task waits for, and what that waits for, and so on: a walk along these finds a
// circle if it comes back to a task that it is still inside of.
class CircleSearch {
 public:
  explicit CircleSearch(const Scheduler& scheduler) {
    for (const RootEntry* root = scheduler.roots().first(); root != nullptr;
         root = scheduler.roots().after(*root)) {
      add_below(root->owner);
    }
    // Grows while it is walked: each task adds those below it.
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (Owner* owner = jobs_[i]->wait_owner()) add_below(*owner);
    }
    // By their addresses, for find(). As a heap: its code is a third of std::sort's.
    tasks_.assign(jobs_.begin(), jobs_.end());
    std::ranges::make_heap(tasks_, {}, &Known::job);
    std::ranges::sort_heap(tasks_, {}, &Known::job);
  }

  // The tasks of a circle, each waiting for the next and the last for the first; or none.
  std::vector<Job*> run() {
    for (const Job* job : jobs_) {
      Known& start = *find(job);
      if (start.seen == Seen::never) enter(start);
      while (!path_.empty()) {
        Known* const target = next_target(path_.back());
        if (target == nullptr) {
          path_.back().task->seen = Seen::left;
          path_.pop_back();
        } else if (target->seen == Seen::inside) {
          return circle_from(*target);
        } else if (target->seen == Seen::never) {
          enter(*target);
        }
      }
    }
    return {};
  }

 private:
  enum class Seen : std::uint8_t { never, inside, left };
  struct Known {
    Known(Job* known_job) : job(known_job) {}
    Job* job;
    Seen seen = Seen::never;
  };
  // The walk goes through this task: what it has looked at.
  struct Step {
    Known* task;
    std::size_t waited_for_count = 0;
    Job* child = nullptr;
  };

  void add_below(Owner& owner) {
    for (Job* job = owner.next_child(nullptr); job != nullptr; job = owner.next_child(job)) {
      jobs_.push_back(job);
    }
  }

  void enter(Known& task) {
    task.seen = Seen::inside;
    path_.push_back({&task});
  }

  // Null: the job has ended, and is not to be looked at.
  Known* find(const Job* job) {
    const auto place = std::ranges::lower_bound(tasks_, job, {}, &Known::job);
    return place != tasks_.end() && place->job == job ? &*place : nullptr;
  }

  // The next one that the task waits for: those its wait names, then those below it; null at the
  // end.
  Known* next_target(Step& step) {
    const Wait* const wait = step.task->job->wait();
    while (const Job* job = wait != nullptr ? wait->waits_for(step.waited_for_count) : nullptr) {
      ++step.waited_for_count;
      if (Known* const target = find(job)) return target;
    }
    Owner* const owner = step.task->job->wait_owner();
    step.child = owner != nullptr ? owner->next_child(step.child) : nullptr;
    return step.child != nullptr ? find(step.child) : nullptr;
  }

  std::vector<Job*> circle_from(const Known& first) const {
    std::vector<Job*> circle;
    for (const Step& step : path_) {
      if (!circle.empty() || step.task == &first) circle.push_back(step.task->job);
    }
    return circle;
  }

  std::vector<Job*> jobs_;  // as the tree is walked: what is found does not depend on addresses
  std::vector<Known> tasks_;
  std::vector<Step> path_;
};

}  // namespace

std::string describe_circle() {
  const Scheduler* scheduler = Current<Scheduler>::find();
  if (scheduler == nullptr) return {};
  const std::vector<Job*> circle = CircleSearch(*scheduler).run();
  if (circle.empty()) return {};
  std::string out = "tasks that wait for each other in a circle:\n";
  for (const Job* job : circle) {
    append_text(out, {"  task made at ", describe_place(job->origin()), " waits at ",
                      describe_place(job->wait()->where()), ": ", job->wait()->describe(), "\n"});
  }
  out += "  and the first of them again\n";
  return out;
}

}  // namespace sundog
