// Scheduler: which job runs next.
//
// A first-in, first-out queue of ready jobs. It belongs to one thread and knows neither clock nor
// I/O: the main loop (io/loop.hpp) alternates between run_ready() and the poller. Nothing here
// takes a lock or touches an atomic.
//
// A scheduler moves jobs about without looking into them; what it does to one is in job.hpp and
// scheduler.cpp.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sundog/runtime/language/current.hpp"
#include "sundog/runtime/language/function_ref.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/runtime/ready_queue.hpp"
#include "sundog/runtime/turn_hooks.hpp"

namespace sundog {

class Job;
class Owner;
class PromiseBase;
struct ExitHook;

// An owner without parent, in the scheduler's list. Part of the owner.
struct RootEntry : ListLink {
  explicit RootEntry(Owner& root) noexcept : owner(root) {}
  Owner& owner;
};

class [[gnu::visibility("default")]] Scheduler {
 public:
  // Ready jobs run in batches of at most this many, so that I/O is looked at between them however
  // long the queue is.
  static constexpr std::size_t batch_jobs_max = 256;
  // A job ends so many operations without waiting each time it is resumed; then it goes to the end
  // of the queue, though its next operation could end at once too. Otherwise a task that receives
  // from a channel which is never empty would keep everything else from running: other jobs,
  // timers, I/O, and its own cancellation. What ends without any operation does not count: a loop
  // over tasks that never wait computes, and has to yield() like any other computation.
  static constexpr std::uint32_t at_once_max = 128;

  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // This thread's, whose loop must be running.
  static Scheduler& current() { return Current<Scheduler>::get(); }

  // Runs up to batch_jobs_max of the jobs that are ready now; returns how many. A job that becomes
  // ready meanwhile runs in a later batch.
  std::size_t run_ready();

  // Draws another order of the jobs that are ready now, all orders alike: `below(n)` draws a number
  // below n. For simulations: programs may count on no order but that of the locks and channels
  // they wait for. Throws std::bad_alloc and changes nothing then.
  void shuffle_ready(FunctionRef<std::uint64_t(std::uint64_t)> below);

  // Whether nothing is ready to run, and how much is.
  bool idle() const noexcept { return ready_.empty(); }
  std::size_t ready_count() const noexcept { return ready_.size(); }

  // The job whose frames are executing; null between jobs.
  Job* running() const noexcept { return running_; }
  // The same of this thread's scheduler; null also where there is none.
  static Job* running_job() noexcept {
    const Scheduler* scheduler = Current<Scheduler>::find();
    return scheduler == nullptr ? nullptr : scheduler->running_;
  }

  // For operations that may be possible at once: whether the running job may go on with it. Counts.
  // False: the job's share is used up, and the operation has to suspend it, if only to wake it
  // again.
  bool may_go_on() noexcept {
    if (at_once_left_ == 0) [[unlikely]]
      return false;
    --at_once_left_;
    return true;
  }

  // Puts the running job at the end of the queue, to be resumed in `frame` (see yield.hpp).
  void yield(PromiseBase& frame);

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
  std::vector<ExitHook> at_exit;

  // The owners at the top of the job tree: the main task's and those of background tasks
  // (future.hpp).
  void add_root(RootEntry& root) noexcept;
  void remove_root(RootEntry& root) noexcept;
  // Cancels everything below every root.
  void cancel_roots() noexcept;
  std::size_t root_count() const noexcept { return root_count_; }
  // For who walks along them.
  const List<RootEntry>& roots() const noexcept { return roots_; }

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
  std::uint32_t at_once_left_ = 0;  // of the running job, see at_once_max
  List<RootEntry> roots_;           // the newest first
  std::size_t root_count_ = 0;
};

}  // namespace sundog
