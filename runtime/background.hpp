// Background: a task that runs as a job of its own, owned by the main loop: the machinery below
// async() (future.hpp).
//
// When the main task ends, background tasks that still run are cancelled and awaited before run()
// returns: nothing outlives the loop.
#pragma once

#include <coroutine>
#include <source_location>
#include <string>

#include "sundog/runtime/frame_pool.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/scheduler.hpp"

namespace sundog::detail {

class Background : public Owner, public Pooled {
 public:
  std::string describe() const override { return "background task"; }
  Job* next_child(Job* after) noexcept override {
    return after == nullptr && job_.state() != Job::State::ended ? &job_ : nullptr;
  }
  // Asks the task to end.
  void cancel_task() noexcept { job_.cancel(); }

 protected:
  Background() = default;
  ~Background() = default;

  void start(PromiseBase& root, std::source_location origin) {
    job_.attach(*this, root, origin);
    Scheduler::current().add_root(entry_);
    job_.start();
  }

  Job job_;

 private:
  // The task's result is at hand (or the task was cancelled). May destroy this object.
  virtual void task_ended(bool unwound) noexcept = 0;

  std::coroutine_handle<> child_ended(Job&, bool unwound) noexcept final {
    Scheduler::current().remove_root(entry_);
    task_ended(unwound);
    return std::noop_coroutine();
  }
  void cancel_below() noexcept override { job_.cancel(); }

  RootEntry entry_{*this};
};

}  // namespace sundog::detail
