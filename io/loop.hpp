// The main loop, once, for every platform.
//
//   repeat
//     run the ready jobs (a bounded batch, so that I/O is never starved)
//     move newly made sleepers into the queue
//     if the main task has ended, and what it left behind, return
//     poller.wait(something is ready ? now : when the timers want it)
//     wake the sleepers whose deadline has passed (a bounded batch)
//
// A Loop is a machine of its own: scheduler, timers and poller. Programs have one for each thread
// and meet it through run(); the simulator has one for each host.
#pragma once

#include <coroutine>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

#include "sundog/io/poller.hpp"
#include "sundog/runtime/circle.hpp"
#include "sundog/runtime/language/current.hpp"
#include "sundog/runtime/dropped.hpp"
#include "sundog/runtime/dump.hpp"
#include "sundog/runtime/exit_hook.hpp"
#include "sundog/runtime/text/join_text.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/task.hpp"
#include "sundog/timers/timers.hpp"

namespace sundog {

namespace detail {

// The owner at the top of the tree: the main task's.
class RootOwner final : public Owner {
 public:
  explicit RootOwner(Scheduler& scheduler) noexcept : scheduler_(scheduler) {
    scheduler_.add_root(entry_);
  }
  ~RootOwner() { scheduler_.remove_root(entry_); }

  void start(PromiseBase& root, std::source_location origin) {
    job_.attach(*this, root, origin);
    job_.start();
  }
  Job& job() noexcept { return job_; }
  const Job& job() const noexcept { return job_; }
  bool ended() const noexcept { return job_.state() == Job::State::ended; }
  // Logs the exception of a task without value, if it threw one.
  void report_failure() {
    if (job_.root() == nullptr) return;
    auto error = static_cast<detail::TaskPromise<void>*>(job_.root())->result.error();
    if (error != nullptr) report_dropped(std::move(error), job_.origin());
  }

  std::string describe() const override { return "main loop"; }
  Job* next_child(Job* after) noexcept override {
    return after == nullptr && !ended() ? &job_ : nullptr;
  }
  std::coroutine_handle<> child_ended(Job&, bool) noexcept override {
    return std::noop_coroutine();
  }

 private:
  void cancel_below() noexcept override { job_.cancel(); }

  Job job_;
  Scheduler& scheduler_;
  RootEntry entry_{*this};
};

}  // namespace detail

// No task can ever run again, though the main task has not ended. what() lists who waits for what.
class Deadlock : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

template <Poller P>
class Loop {
 public:
  explicit Loop(P& poller)
      : poller_(poller),
        timers_([](void* p) noexcept { return static_cast<P*>(p)->now(); }, &poller,
                P::timers_apart) {}

  // Runs until `task` has ended and gives its value or throws its exception. Background tasks
  // (future.hpp) that still run are then cancelled and awaited, and the exit hooks run, each with
  // what it leaves behind. Throws Deadlock when nothing can ever happen any more, in the main task
  // or in a hook: the tasks are cancelled first, so that their destructors have run. A task that
  // sleeps for ever is no deadlock.
  template <class T>
  T run(Task<T> task, std::source_location origin = std::source_location::current()) {
    start(*task.release(), origin);
    while (!turn()) {
    }
    return finish<T>();
  }

  // The same in steps, for who runs several loops on one thread: start() once, turn() until it
  // gives true, finish() once.
  void start(PromiseBase& root, std::source_location origin) {
    SUNDOG_ASSERT(stage_ == Stage::idle, "a loop runs one main task at a time");
    const Current<Scheduler>::Set scheduler(scheduler_);
    scheduler_.turn_time_ns = poller_.now().time_since_epoch().count();
    main_.emplace(scheduler_);
    main_->start(root, origin);
    stage_ = Stage::main;
  }

  // One turn, as drawn above. True: everything has ended.
  bool turn() {
    const Current<Scheduler>::Set scheduler(scheduler_);
    const Current<Timers>::Set timers(timers_);
    scheduler_.run_ready();
    timers_.settle();
    advance();
    if (stage_ == Stage::ended) return true;
    wait();
    return false;
  }

  // After the last turn: the main task's value, or throws what it threw, or Deadlock.
  template <class T>
  T finish() {
    SUNDOG_ASSERT(stage_ == Stage::ended, "take turns until everything has ended");
    stage_ = Stage::idle;
    all_cancelled_ = false;
    // On this stack from here on, for a loop may be used again after its task has thrown.
    const MainEnd end(main_);
    if (!deadlock_.empty()) throw Deadlock(std::exchange(deadlock_, {}));
    return static_cast<detail::TaskPromise<T>*>(main_->job().root())->result.take();
  }

  // Asks everything that runs in this loop to end.
  void cancel() noexcept {
    const Current<Scheduler>::Set scheduler(scheduler_);
    const Current<Timers>::Set timers(timers_);
    scheduler_.cancel_roots();
  }

  // Whether the main task was cancelled, and therefore has no result to finish() with.
  bool unwound() const noexcept { return main_->ended() && main_->job().root() == nullptr; }
  // Something can run at once.
  bool busy() const noexcept { return !scheduler_.idle(); }

  // Its parts, for who drives the loop from outside, as the simulator does.
  Scheduler& scheduler() noexcept { return scheduler_; }
  Timers& timers() noexcept { return timers_; }

 private:
  //                        +---------------------- hook <-----+
  //                        v    it has ended                  | there is one
  //   idle ---> main ---> background: what the one before ---+
  //    ^  start()          left behind is cancelled and ends  | there is none
  //    +----------------------------------------- ended <-----+
  //                        finish()
  enum class Stage : unsigned char { idle, main, background, hook, ended };
  using Root = std::optional<detail::RootOwner>;
  struct MainEnd {
    explicit MainEnd(Root& root) noexcept : root_(root) {}
    ~MainEnd() { root_.reset(); }
    Root& root_;
  };

  // Goes on to the next stage when what the present one waits for has ended.
  void advance() {
    if (stage_ == Stage::main && main_->ended()) stage_ = Stage::background;
    if (stage_ == Stage::hook && hook_->ended()) {
      hook_->report_failure();
      hook_.reset();
      stage_ = Stage::background;
    }
    if (stage_ == Stage::background) {
      // Also those that were started meanwhile, by a task that took its time to end.
      scheduler_.cancel_roots();
      if (scheduler_.root_count() == 1) next_hook();
    }
  }

  void next_hook() {
    if (scheduler_.at_exit.empty()) {
      stage_ = Stage::ended;
      return;
    }
    stage_ = Stage::hook;
    all_cancelled_ = false;
    ExitHook hook = std::move(scheduler_.at_exit.back());
    scheduler_.at_exit.pop_back();
    hook_.emplace(scheduler_);
    hook_->start(*hook.task.release(), hook.origin);
  }

  void wait() {
    TimePoint deadline = timers_.wake_time();
    if (!scheduler_.idle()) {
      deadline = TimePoint::min();
    } else if (deadline == never && timers_.armed_count() == 0 && !poller_.waiting()) {
      deadlocked();
      return;
    }
    scheduler_.before_wait.call();
    poller_.wait(deadline);
    scheduler_.after_wait.call();
    const TimePoint now = poller_.now();
    scheduler_.turn_time_ns = now.time_since_epoch().count();
    timers_.fire_due(now);
  }

  // Everything is cancelled once; a task that refuses to end even then (protect) would hang for
  // ever.
  void deadlocked() {
    SUNDOG_PROBE("a deadlock");
    SUNDOG_ASSERT(!all_cancelled_, "a protected task waits for what can never happen");
    deadlock_ += join_text({"no task can ever run again; this is what they wait for:\n",
                            dump_tasks(), describe_circle()});
    all_cancelled_ = true;
    scheduler_.cancel_roots();
  }

  P& poller_;
  Scheduler scheduler_;
  Timers timers_;
  Stage stage_ = Stage::idle;
  Root main_;
  Root hook_;
  // Why run() must fail, once that is known.
  std::string deadlock_;
  // Because of a deadlock; a hook that begins afterwards was not.
  bool all_cancelled_ = false;
};

}  // namespace sundog
