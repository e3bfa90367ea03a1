#include "sundog/runtime/scheduler.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

std::size_t Scheduler::run_ready() {
  const std::size_t batch = std::min(ready_.size(), batch_jobs_max);
  if (ready_.size() > batch_jobs_max) [[unlikely]]
    SUNDOG_PROBE("a batch was full");
  for (std::size_t i = 0; i < batch; ++i) {
    Job& job = ready_.take();
    at_once_left_ = at_once_max;
    if (job.state_ == Job::State::unwinding) {
      unwind(job);
    } else {
      resume(job);
    }
  }
  return batch;
}

void Scheduler::shuffle_ready(FunctionRef<std::uint64_t(std::uint64_t)> below) {
  std::vector<Job*> jobs;
  jobs.reserve(ready_.size());
  while (!ready_.empty()) jobs.push_back(&ready_.take());
  for (std::size_t left = jobs.size(); left > 1; --left) {
    std::swap(jobs[left - 1], jobs[below(left)]);
  }
  for (Job* job : jobs) push(*job);
}

void Scheduler::resume(Job& job) noexcept {
  job.state_ = Job::State::running;
  running_ = &job;
  run(job.child->handle());
}

// Runs a frame until its job waits or ends. Owners are told of an end here and not from inside the
// ended frame, because they may destroy it: compilers have got frames wrong that are destroyed
// while they suspend.
void Scheduler::run(std::coroutine_handle<> frame) noexcept {
  for (;;) {
    // Exceptions never come out of resume(): every promise stores them (task.hpp).
    frame.resume();
    running_ = nullptr;
    if (ended_ == nullptr) return;
    Job& job = *std::exchange(ended_, nullptr);
    frame = job.owner().child_ended(job, false);
  }
}

// Destroys the frames, then tells the owner, which may want a parent to continue at once.
void Scheduler::unwind(Job& job) noexcept {
  job.destroy_frames();
  job.state_ = Job::State::ended;
  run(job.owner().child_ended(job, true));
}

void Scheduler::add_root(RootEntry& root) noexcept {
  roots_.add_first(root);
  ++root_count_;
}

void Scheduler::remove_root(RootEntry& root) noexcept {
  roots_.remove(root);
  --root_count_;
}

void Scheduler::cancel_roots() noexcept {
  for (RootEntry* root = roots_.first(); root != nullptr; root = roots_.after(*root)) {
    for (Job* job = root->owner.next_child(nullptr); job != nullptr;
         job = root->owner.next_child(job)) {
      job->cancel();
    }
  }
}

// First come, first served. No frame runs or ends meanwhile, so that no owner in the queue is woken
// or unwound, and nobody asks it for its job.
void Scheduler::pass_on(Owner& owner) noexcept {
  if (passing_on_) {
    Job* job = std::exchange(owner.job_, nullptr);
    (first_cancelled_ == nullptr ? first_cancelled_ : last_cancelled_->wait_->job_) = job;
    last_cancelled_ = job;
    return;
  }
  passing_on_ = true;
  owner.cancel_below();
  while (Job* job = first_cancelled_) {
    Owner& next = static_cast<Owner&>(*job->wait_);
    first_cancelled_ = std::exchange(next.job_, job);
    next.cancel_below();
  }
  passing_on_ = false;
}

void Owner::cancel() noexcept { Scheduler::current().pass_on(*this); }

std::coroutine_handle<> Owner::run_inline(Job& child) {
  child.state_ = Job::State::running;
  Scheduler::current().running_ = &child;
  return child.leaf()->handle();
}

std::coroutine_handle<> Owner::continue_inline() {
  Job* parent = job();
  SUNDOG_ASSERT(parent->state_ == Job::State::waiting && parent->wait_ == this,
                "a wait ends once: it was woken or cancelled before");
  Scheduler& scheduler = Scheduler::current();
  if (!scheduler.may_go_on()) [[unlikely]] {
    wake();
    return std::noop_coroutine();
  }
  parent->state_ = Job::State::running;
  scheduler.running_ = parent;
  return parent->leaf()->handle();
}

void Job::attach(Owner& owner, PromiseBase& root, std::source_location origin) noexcept {
  set_owner(owner);
  child = &root;
  where = origin;
  root.link = this;
}

Job::~Job() {
  SUNDOG_ASSERT(state_ == State::fresh || state_ == State::ended,
                "a job was destroyed while it runs: cancel it and wait for its end first");
  destroy_child(*this);
}

void Job::start() {
  SUNDOG_ASSERT(state_ == State::fresh, "a job starts once");
  state_ = State::starting;
  Scheduler::current().push(*this);
}

void Job::cancel() noexcept {
  if (cancel_requested_ || state_ == State::ended) return;
  cancel_requested_ = true;
  if (state_ == State::waiting) {
    wait_->cancel();
  } else if (state_ == State::starting) {
    SUNDOG_PROBE("a task was cancelled before it began");
    state_ = State::unwinding;
  }
}

void Job::finish(PromiseBase& root) noexcept {
  state_ = State::ended;
  child = &root;
  Scheduler::current().ended_ = this;
}

// Not by destroying the root, which would recurse into the frames below it: chains may be very
// long.
void Job::destroy_frames() noexcept {
  PromiseBase* frame = std::exchange(child, nullptr);
  for (;;) {
    Link* link = frame->link;
    const bool is_last = link->is_root();
    PromiseBase* parent = is_last ? nullptr : link->parent();
    link->child = nullptr;
    frame->handle().destroy();
    if (is_last) return;
    frame = parent;
  }
}

}  // namespace sundog
