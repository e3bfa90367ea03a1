#include "runtime/circle.hpp"

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/dump.hpp"
#include "runtime/join_text.hpp"
#include "runtime/scheduler.hpp"

namespace sundog {
namespace {

// What a waiting task waits for, and what that waits for, and so on: a walk along these finds a
// circle if it comes back to a task that it is still inside of.
class CircleSearch {
 public:
  explicit CircleSearch(const Scheduler& scheduler) {
    for (RootEntry* root = scheduler.first_root(); root != nullptr; root = root->next) {
      add_below(*root->owner);
    }
    // Grows while it is walked: each task adds those below it.
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (Owner* owner = jobs_[i]->wait_owner()) add_below(*owner);
    }
  }

  // The tasks of a circle, each waiting for the next and the last for the first; or none.
  std::vector<Job*> find() {
    for (Job* start : jobs_) {
      if (state_[start] != Seen::never) continue;
      enter(*start);
      while (!path_.empty()) {
        if (path_.back().next == path_.back().targets.size()) {
          state_[path_.back().job] = Seen::left;
          path_.pop_back();
          continue;
        }
        Job* target = path_.back().targets[path_.back().next++];
        if (state_[target] == Seen::inside) return circle_from(*target);
        if (state_[target] == Seen::never) enter(*target);
      }
    }
    return {};
  }

 private:
  enum class Seen : std::uint8_t { never, inside, left };
  struct Step {
    Job* job;
    std::vector<Job*> targets;
    std::size_t next;
  };

  void add_below(Owner& owner) {
    for (Job* job = owner.next_child(nullptr); job != nullptr; job = owner.next_child(job)) {
      jobs_.push_back(job);
      state_.emplace(job, Seen::never);
    }
  }

  void enter(Job& job) {
    state_[&job] = Seen::inside;
    Step step{&job, {}, 0};
    if (const Wait* wait = job.wait()) {
      for (std::size_t i = 0; const Job* target = wait->waits_for(i); ++i) {
        const auto known = state_.find(const_cast<Job*>(target));
        if (known != state_.end()) step.targets.push_back(known->first);
      }
    }
    if (Owner* owner = job.wait_owner()) {
      for (Job* child = owner->next_child(nullptr); child != nullptr;
           child = owner->next_child(child)) {
        step.targets.push_back(child);
      }
    }
    path_.push_back(std::move(step));
  }

  std::vector<Job*> circle_from(const Job& first) const {
    std::vector<Job*> circle;
    for (const Step& step : path_) {
      if (!circle.empty() || step.job == &first) circle.push_back(step.job);
    }
    return circle;
  }

  std::vector<Job*> jobs_;
  std::unordered_map<Job*, Seen> state_;
  std::vector<Step> path_;
};

}  // namespace

std::string describe_circle() {
  const Scheduler* scheduler = Current<Scheduler>::find();
  if (scheduler == nullptr) return {};
  const std::vector<Job*> circle = CircleSearch(*scheduler).find();
  if (circle.empty()) return {};
  std::string out = "tasks that wait for each other in a circle:\n";
  for (const Job* job : circle) {
    out += join_text({"  task made at ", describe_place(job->origin()), " waits at ",
                      describe_place(job->wait()->where()), ": ", job->wait()->describe(), "\n"});
  }
  return out + "  and the first of them again\n";
}

}  // namespace sundog
