#include "sundog/io/stall_detector.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/brief_place.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/text/format.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog {
namespace {

log::Source loop_log("loop");

// A message names so many tasks at most, and looks at so many jobs to find them: it must not become
// a stall itself.
constexpr std::size_t suspects_max = 3;
constexpr std::size_t jobs_examined_max = 10'000;

// Finds the jobs whose wait began in this turn: these are the ones that ran in it and are still
// there. Nothing had to be noted down while they ran. As waits know their beginning to a
// millisecond only, there may be some of the turn before.
class Suspects {
 public:
  explicit Suspects(const Scheduler& scheduler) : turn_time_ns_(scheduler.turn_time_ns) {
    for (const RootEntry* root = scheduler.roots().first(); root != nullptr;
         root = scheduler.roots().after(*root)) {
      add_children(root->owner);
    }
    while (!owners_.empty() && !enough()) {
      Owner* owner = owners_.back();
      owners_.pop_back();
      add_children(*owner);
    }
  }
  const std::vector<const Job*>& jobs() const noexcept { return jobs_; }

 private:
  bool enough() const noexcept {
    return jobs_.size() == suspects_max || examined_count_ == jobs_examined_max;
  }
  void add_children(Owner& owner) {
    for (Job* job = owner.next_child(nullptr); job != nullptr && !enough();
         job = owner.next_child(job)) {
      ++examined_count_;
      const bool stands_by =
          job->state() == Job::State::waiting || job->state() == Job::State::ready;
      if (stands_by && job->waiting_ns(turn_time_ns_) == 0) jobs_.push_back(job);
      if (Owner* below = job->wait_owner()) owners_.push_back(below);
    }
  }

  std::int64_t turn_time_ns_;
  std::size_t examined_count_ = 0;
  std::vector<Owner*> owners_;
  std::vector<const Job*> jobs_;
};

std::int64_t milliseconds(Duration duration) { return duration.count() / 1'000'000; }

// ", in the task made at ..."
std::string name_suspects(const Scheduler& scheduler, std::uint64_t steps) {
  const Suspects suspects(scheduler);
  if (suspects.jobs().empty()) return "; the tasks that ran in it have ended";
  std::string text = steps == 1 && suspects.jobs().size() == 1 ? ", in " : ", perhaps in ";
  for (const Job* job : suspects.jobs()) {
    const bool is_first = job == suspects.jobs().front();
    append_text(text,
                {is_first ? "" : ", or in ", "the task made at ", describe_briefly(job->origin())});
    if (const Wait* wait = job->wait())
      append_text(text, {" (it now waits at ", describe_briefly(wait->where()), ")"});
  }
  return text;
}

}  // namespace

StallDetector::StallDetector(Duration limit, std::unique_ptr<StallSampler> sampler)
    : TurnHook(Scheduler::current().before_wait),
      scheduler_(Scheduler::current()),
      limit_(limit),
      sampler_(std::move(sampler)),
      resumed_count_(scheduler_.resumed_count()),
      reported_ns_(scheduler_.turn_time_ns - report_pause.count()) {
  SUNDOG_ASSERT(limit > Duration::zero(),
                "the limit must be positive: to have no stall detector, do not make one");
  read_delay();
}

// How long the thread was kept from running since the last call.
Duration StallDetector::read_delay() noexcept {
  delay_read_ns_ = scheduler_.turn_time_ns;
  if (sampler_ == nullptr) return Duration::zero();
  const Duration before = std::exchange(delay_, sampler_->delayed());
  return delay_ - before;
}

// Almost every turn is, and the exact clock costs more than all the rest here.
bool StallDetector::surely_short_turn() const noexcept {
  const TimePoint begin{Duration(scheduler_.turn_time_ns)};
  return sampler_ != nullptr && sampler_->coarse_now() - begin < limit_ / 2;
}

void StallDetector::call() {
  const std::uint64_t first_step = std::exchange(resumed_count_, scheduler_.resumed_count()) + 1;
  const std::int64_t turn_time_ns = scheduler_.turn_time_ns;
  if (surely_short_turn()) [[likely]] {
    if (turn_time_ns - delay_read_ns_ > delay_reading_pause.count()) read_delay();
    return;
  }
  const Duration turn = Timers::current().now() - TimePoint(Duration(turn_time_ns));
  const std::uint64_t steps = resumed_count_ + 1 - first_step;
  if (turn < limit_) return;
  auto stall = sampler_ != nullptr ? sampler_->take() : std::nullopt;
  if (stall && stall->step < first_step) stall.reset();  // of an earlier turn, which was short
  const Duration own_turn = turn - read_delay();
  if (!stall && (steps == 0 || own_turn < limit_)) return;
  if (turn_time_ns - reported_ns_ < report_pause.count()) {
    SUNDOG_PROBE("a stall went unreported, soon after another");
    ++unreported_count_;
    return;
  }
  reported_ns_ = turn_time_ns;
  report(stall, own_turn, steps);
  unreported_count_ = 0;
}

void StallDetector::report(const std::optional<Stall>& stall, Duration turn, std::uint64_t steps) {
  std::string text;
  if (stall) {
    text = format_text(
        "a task held the loop for {} ms: it was made at {}; let it yield(), or offload() its work",
        milliseconds(steps == 1 ? std::max(turn, stall->computed) : stall->computed),
        describe_briefly(stall->origin));
  } else {
    text = format_text("a turn of the loop took {} ms: something blocked it{}{}",
                       milliseconds(turn), sampler_ == nullptr ? ", or the machine was busy" : "",
                       name_suspects(scheduler_, steps));
  }
  if (unreported_count_ > 0) text += format_text("; {} more such turns before", unreported_count_);
  loop_log.warning("{}", text);
}

}  // namespace sundog
