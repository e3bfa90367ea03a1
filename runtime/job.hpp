// Job, Wait and Owner: one line of execution, what it waits for, and who is told when it ends.
//
// A *job* is a chain of frames, each awaiting the next, of which only the leaf can run: the main
// task, a task spawned in a scope, one branch of a join or a pick. The scheduler runs jobs. A job
// that does not run is suspended in exactly one *wait*: a sleep, a read, a lock, or the node under
// which other jobs run (an *owner*). So the whole program is a tree, jobs and owners alternating,
// and both cancellation and the task dump walk it from the root.
//
// Cancellation goes down the tree and never throws: the job's wait is asked to end, and either
//   - it has lost the race: the operation had its result already, the job continues with it and is
//     stopped at its next wait (so a completed read or an accepted connection is never lost), or
//   - it ends without result, once nothing outside points into the frame any more (the kernel has
//     given the buffer back, the children have ended). Then the job's frames are destroyed from the
//     leaf up and the owner is told.
//
// A cancelled owner follows the same rule. It ends when its jobs have ended, and it has a result
// only if they gave one: no job that the result depends on was unwound. A join needs the values of
// all of its jobs, a scope those of its body and of every task that it had not cancelled itself, a
// pick that of its winner. So an owner whose jobs had all ended, or all end with what they had
// completed just then, continues; one that lost a job to the cancellation is unwound, and nothing
// above it takes the missing work for done. A failure that came out of a job is a result too: it is
// thrown, and not lost.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/link.hpp"
#include "sundog/runtime/scheduler.hpp"

namespace sundog {

class Job;
class Owner;

namespace detail {
class Shield;
}

// What a suspended job waits for. Lives in the frame of the coroutine that awaits, or below it; its
// address is stable.
class Wait {
 public:
  Wait() = default;
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  // What the dump shows: "sleep", "read from fd 5", "mutex".
  virtual std::string describe() const = 0;

  // The jobs that this waits for, one for each index from 0 on, where they are known, then null:
  // who holds the lock or a permit, who computes the future, who used the other end of the channel
  // last. They may have ended, and must be found among the living before they are looked at.
  virtual const Job* waits_for(std::size_t index) const noexcept {
    static_cast<void>(index);
    return nullptr;
  }

  // Where in the source the job waits, and whose wait this is: null before the wait begins.
  std::source_location where() const noexcept { return where_; }
  Job* job() const noexcept { return job_; }

 protected:
  ~Wait() = default;

  // Suspends the running job in this wait. False: the job is cancelled and this wait must not
  // begin; the frame will be destroyed without being resumed. To be called first thing in
  // await_suspend, which then returns to the scheduler.
  template <class Promise>
  [[nodiscard]] bool suspend(std::coroutine_handle<Promise> frame, std::source_location where) {
    return suspend(promise_of(frame), where);
  }
  [[nodiscard]] bool suspend(PromiseBase& frame, std::source_location where);
  // The promise of a coroutine of this runtime; no other compiles.
  template <class Promise>
  static PromiseBase& promise_of(std::coroutine_handle<Promise> frame) {
    static_assert(std::is_base_of_v<PromiseBase, Promise>,
                  "only coroutines of this runtime (Task, Stream) can wait");
    return frame.promise();
  }

  // The wait has ended with a result: the job becomes ready. Call once.
  void wake();
  // Answers cancel(), then or later: the wait has ended without result and nothing points into the
  // frame any more.
  void unwind();

 private:
  friend class Job;
  friend class Scheduler;

  // The job is cancelled: end soon, by wake() or by unwind(), exactly one of them, now or later.
  // Called at most once.
  virtual void cancel() noexcept = 0;
  // The owner part of this wait, if it is one.
  virtual Owner* as_owner() noexcept { return nullptr; }

  Job* job_ = nullptr;
  std::source_location where_;
};

// A wait under which other jobs run: join, pick, timeout, scope, the main loop itself.
class Owner : public Wait {
 public:
  // The job has ended. Not unwound: its root frame stands at its end, the result in its promise.
  // Unwound: it was cancelled, its frames are gone. Returns what to run next: the frame that
  // continues, or std::noop_coroutine(). `job` may be destroyed by this call.
  virtual std::coroutine_handle<> child_ended(Job& job, bool unwound) noexcept = 0;

  // The jobs under this owner, for the task dump: begin with null, end at null.
  virtual Job* next_child(Job* after) noexcept = 0;

  // The value that `key` is bound to for everything below, or null (see local.hpp).
  virtual const void* binding(const void* key) const noexcept {
    static_cast<void>(key);
    return nullptr;
  }
  // Where cancellation from above stops and is only told of (see protect.hpp); null for every
  // owner that passes it on.
  virtual detail::Shield* shield() noexcept { return nullptr; }

 protected:
  // As Wait::cancel(), for owners: the jobs under this one shall be cancelled, or what else it
  // makes of it. Owners that stand below follow later, before whoever began goes on
  // (Scheduler::pass_on).
  virtual void cancel_below() noexcept = 0;

  // Suspends the running job and lets `child` run at once in its place: for owners with one child.
  std::coroutine_handle<> run_inline(Job& child);
  // Makes the suspended job current again and returns its frame: the counterpart, for child_ended.
  // Or only wakes it, when its share is used up (Scheduler::at_once_max).
  std::coroutine_handle<> continue_inline();

 private:
  friend class Scheduler;

  void cancel() noexcept final;
  Owner* as_owner() noexcept final { return this; }
};

// See the opening comment. Its memory belongs to its owner; it must stay where it is from start()
// to its end. Owners with many children keep them in a List.
class Job : private Link, public ListLink {
 public:
  //          start()             run_ready()            Wait::suspend
  //   fresh ---------> starting -------------> running -----------------> waiting
  //                       |                     ^   |  |                   |   |
  //              cancel() |         run_ready() |   |  | suspend refused:  |   | Wait::wake()
  //                       |                     |   |  | cancelled         |   v
  //                       |                   ready <--|-------------------|-- +
  //                       v                         |  v                   | Wait::unwind()
  //                   unwinding <-------------------|--+-------------------+
  //                       | run_ready(): frames     | last frame at its end: finish()
  //                       | destroyed               v
  //                       +---------------------> ended
  //
  // starting, ready and unwinding jobs are in the scheduler's queue, each once; no other job is.
  enum class State : std::uint8_t { fresh, starting, running, waiting, ready, unwinding, ended };

  Job() noexcept : wait_(nullptr) {}
  // Gives the job its owner and the root of its chain of frames, which it takes over. `origin` is
  // what the dump shows as the place that made it. Once, before start().
  void attach(Owner& owner, PromiseBase& root, std::source_location origin) noexcept;
  // The job must not be started, or have ended.
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Puts the job at the end of the ready queue; cancelled before its turn, it never begins.
  void start();

  // Asks the job to end (see above). Does nothing the second time, nor to a job that has ended.
  void cancel() noexcept;
  // The same from an owner whose own result does not depend on this job any more: Scope's
  // cancel_tasks(). It stays what it is when the owner is cancelled as well.
  void dismiss() noexcept {
    dismissed_ = dismissed_ || !cancel_requested_;
    cancel();
  }

  // Where it is in the diagram above.
  State state() const noexcept { return state_; }
  // This very job was asked to end. (An ancestor that was asked has passed it on, unless a
  // protect() stands between.)
  bool cancel_requested() const noexcept { return cancel_requested_; }
  // It was dismissed before anything else cancelled it.
  bool dismissed() const noexcept { return dismissed_; }
  using Link::owner;
  // The wait it is suspended in; null in any state but waiting.
  Wait* wait() const noexcept { return state_ == State::waiting ? wait_ : nullptr; }
  // The owner it waits in, when other jobs run below it; else null.
  Owner* wait_owner() const noexcept {
    return state_ == State::waiting ? wait_->as_owner() : nullptr;
  }
  // The root frame's promise, once the job has ended: where the result is. Null when it was
  // unwound.
  PromiseBase* root() const noexcept { return state_ == State::ended ? child : nullptr; }
  // Destroys the root frame of a job that has ended: for owners that live on much longer, once they
  // have taken the result.
  void destroy_root() noexcept {
    SUNDOG_ASSERT(state_ == State::ended, "only a job that has ended gives up its frame");
    destroy_child(*this);
  }
  // The frame that waits, or will run next; for jobs that are not running and have not ended.
  PromiseBase* leaf() const noexcept { return child; }
  // How long it has waited at `now_ns`, a turn time of the loop; exact to a millisecond or so.
  std::int64_t waiting_ns(std::int64_t now_ns) const noexcept {
    return std::int64_t{coarse(now_ns) - since_} << since_shift;
  }
  std::source_location origin() const noexcept { return where; }

  // Called as the last thing of the root frame. The scheduler tells the owner, once it is out of
  // the frame.
  static void root_ended(Link& link, PromiseBase& root) noexcept {
    static_cast<Job&>(link).finish(root);
  }

 private:
  friend class Wait;
  friend class Owner;
  friend class ReadyQueue;
  friend class Scheduler;

  // Time in units of 2^20 ns, in 32 bits: differences are right up to 52 days.
  static constexpr int since_shift = 20;
  static std::uint32_t coarse(std::int64_t time_ns) noexcept {
    return static_cast<std::uint32_t>(time_ns >> since_shift);
  }

  void finish(PromiseBase& root) noexcept;
  void destroy_frames() noexcept;

  // Link::child is the frame to resume next, as long as the job has not ended; then the root frame,
  // or null if unwound.

  // One at a time: a waiting job is in no queue, a queued job waits for nothing. (Most queued jobs
  // are in the queue's ring, which needs no place here: see ready_queue.hpp.)
  union {
    Wait* wait_;
    Job* queue_next_;
  };
  State state_ = State::fresh;
  bool cancel_requested_ = false;
  bool dismissed_ = false;
  std::uint32_t since_ = 0;  // when the wait began, see coarse()
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

inline void Scheduler::yield(PromiseBase& frame) {
  Job* job = running_;
  SUNDOG_ASSERT(job != nullptr, "a task can wait only while the main loop runs it");
  job->child = &frame;
  if (job->cancel_requested_) SUNDOG_PROBE("a cancelled task yielded");
  job->state_ = job->cancel_requested_ ? Job::State::unwinding : Job::State::ready;
  ready_.push(*job);
}

}  // namespace sundog
