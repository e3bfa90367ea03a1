// Scheduler: which job runs next.
//
// A first-in, first-out queue of ready jobs. It belongs to one thread and knows neither clock nor
// I/O: the main loop (io/loop.hpp) alternates between run_ready() and the poller. Nothing here
// takes a lock or touches an atomic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sundog/runtime/language/current.hpp"
#include "sundog/runtime/language/function_ref.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/ready_queue.hpp"
#include "sundog/runtime/turn_hooks.hpp"

namespace sundog {

template <class T>
class Task;

// An owner without parent, in the scheduler's list. Part of the owner.
struct RootEntry {
  Owner* owner = nullptr;
  RootEntry* next = nullptr;
  RootEntry* previous = nullptr;
};

class [[gnu::visibility("default")]] Scheduler {
 public:
  // Ready jobs run in batches of at most this many, so that I/O is looked at between them however
  // long the queue is.
  static constexpr std::size_t batch_jobs_max = 256;

  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  static Scheduler& current() { return Current<Scheduler>::get(); }

  // Runs up to batch_jobs_max of the jobs that are ready now; returns how many. A job that becomes
  // ready meanwhile runs in a later batch.
  std::size_t run_ready();

  // Draws another order of the jobs that are ready now, all orders alike: `below(n)` draws a number
  // below n. For simulations: programs may count on no order but that of the locks and channels
  // they wait for. Throws std::bad_alloc and changes nothing then.
  void shuffle_ready(FunctionRef<std::uint64_t(std::uint64_t)> below);

  bool idle() const noexcept { return ready_.empty(); }
  std::size_t ready_count() const noexcept { return ready_.size(); }

  // The job whose frames are executing; null between jobs.
  Job* running() const noexcept { return running_; }
  // The same of this thread's scheduler; null also where there is none.
  static Job* running_job() noexcept {
    const Scheduler* scheduler = Current<Scheduler>::find();
    return scheduler == nullptr ? nullptr : scheduler->running_;
  }

  // Puts the running job at the end of the queue, to be resumed in `frame` (see yield.hpp).
  void yield(PromiseBase& frame) {
    Job* job = running_;
    SUNDOG_ASSERT(job != nullptr, "a task can wait only while the main loop runs it");
    job->child = &frame;
    if (job->cancel_requested_) SUNDOG_PROBE("a cancelled task yielded");
    job->state_ = job->cancel_requested_ ? Job::State::unwinding : Job::State::ready;
    ready_.push(*job);
  }

  // The loop's time, set once a turn, in nanoseconds of its clock. The scheduler only hands it to
  // the waits that begin.
  std::int64_t turn_time_ns = 0;

  // How many times a job was resumed: what changes when the loop makes progress (the stall detector
  // watches it).
  std::uint64_t resumed_count() const noexcept { return ready_.taken_count(); }

  // Called in every turn, before and after the loop waits in the poller.
  TurnHooks before_wait;
  TurnHooks after_wait;
  // Tasks that run() awaits at its end, the last added first.
  std::vector<Task<void>> at_exit;

  // The owners at the top of the job tree: the main task's and those of background tasks
  // (async.hpp).
  void add_root(Owner& owner, RootEntry& entry) noexcept;
  void remove_root(RootEntry& entry) noexcept;
  // Cancels everything below every root.
  void cancel_roots() noexcept;
  std::size_t root_count() const noexcept { return root_count_; }
  RootEntry* first_root() const noexcept { return first_root_; }

 private:
  friend class Job;
  friend class Wait;
  friend class Owner;

  // Cancels what is below an owner: at once, or when those before it have had their turn, so that a
  // deep tree takes no stack.
  void pass_on(Owner& owner) noexcept;

  void push(Job& job) noexcept { ready_.push(job); }
  void resume(Job& job) noexcept;
  void unwind(Job& job) noexcept;
  void run(std::coroutine_handle<> frame) noexcept;

  Job* running_ = nullptr;
  Job* ended_ = nullptr;  // its root frame is at its end, its owner has not been told yet
  ReadyQueue ready_;
  // The jobs whose owners are to pass their cancellation on, in a queue through the owners: as long
  // as one is in it, its Wait::job_, which is known, is the next job.
  Job* first_cancelled_ = nullptr;
  Job* last_cancelled_ = nullptr;
  bool passing_on_ = false;
  RootEntry* first_root_ = nullptr;
  std::size_t root_count_ = 0;
};

inline bool Wait::suspend(PromiseBase& frame, std::source_location where) {
  Scheduler& scheduler = Scheduler::current();
  Job* job = scheduler.running_;
  SUNDOG_ASSERT(job != nullptr, "a task can wait only while the main loop runs it");
  job_ = job;
  where_ = where;
  job->since_ = Job::coarse(scheduler.turn_time_ns);
  job->child = &frame;
  if (job->cancel_requested_) [[unlikely]] {
    SUNDOG_PROBE("a cancelled task came to its next wait");
    job->state_ = Job::State::unwinding;
    scheduler.push(*job);
    return false;
  }
  job->state_ = Job::State::waiting;
  job->wait_ = this;
  return true;
}

inline void Wait::wake() {
  SUNDOG_ASSERT(job_->state_ == Job::State::waiting && job_->wait_ == this,
                "a wait ends once: it was woken or cancelled before");
  job_->state_ = Job::State::ready;
  Scheduler::current().push(*job_);
}

inline void Wait::unwind() {
  SUNDOG_ASSERT(job_->state_ == Job::State::waiting && job_->wait_ == this,
                "a wait ends once: it was woken or cancelled before");
  job_->state_ = Job::State::unwinding;
  Scheduler::current().push(*job_);
}

}  // namespace sundog
