// SingleChild: an owner with one job, which runs in the parent's place: the common part of timeout,
// protect and bindings.
//
// The child starts and returns without a turn through the ready queue, so that wrapping a read in a
// timeout costs a few nanoseconds.
#pragma once

#include <coroutine>
#include <source_location>
#include <utility>

#include "sundog/runtime/job.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::detail {

template <class T>
class SingleChild : public Owner {
 public:
  explicit SingleChild(Task<T> task) : task_(std::move(task)) {}

  Job* next_child(Job* after) noexcept override {
    return after == nullptr && job_.state() != Job::State::ended ? &job_ : nullptr;
  }

 protected:
  ~SingleChild() = default;

  // For await_suspend. False: the parent is cancelled, return std::noop_coroutine().
  template <class Promise>
  bool attach(std::coroutine_handle<Promise> frame, std::source_location at) {
    if (!suspend(frame, at)) return false;
    job_.attach(*this, *task_.release(), at);
    return true;
  }
  std::coroutine_handle<> run_child() { return run_inline(job_); }

  T take() { return static_cast<TaskPromise<T>*>(job_.root())->result.take(); }

  Job job_;

 private:
  Task<T> task_;
};

}  // namespace sundog::detail
