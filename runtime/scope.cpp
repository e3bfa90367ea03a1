#include "sundog/runtime/scope.hpp"

#include "sundog/runtime/language/probe.hpp"

namespace sundog {

void Scope::start_body(PromiseBase& root, std::source_location origin) noexcept {
  body_.attach(*this, root, origin);
  body_.start();
}

void Scope::body_failed(std::exception_ptr error) noexcept {
  body_ended_ = true;
  failed(std::move(error), where());
  end_if_all_ended();
}

void Scope::add(Task<void> task, std::source_location origin) {
  SUNDOG_ASSERT(!body_ended_ || task_count_ > 0,
                "this scope has ended: spawn from its body or from one of its tasks");
  auto* child = new Child;
  child->job.attach(*this, *task.release(), origin);
  tasks_.add_first(child->job);
  ++task_count_;
  child->job.start();
  if (cancelling_) {
    SUNDOG_PROBE("a task was spawned into a scope that is ending");
    child->job.cancel();
  }
}

std::coroutine_handle<> Scope::child_ended(Job& job, bool unwound) noexcept {
  if (&job == &body_) {
    body_ended_ = true;
    interrupted_ = interrupted_ || unwound;
    if (std::exception_ptr error = unwound ? nullptr : body_error()) {
      failed(std::move(error), job.origin());
    }
  } else {
    if (unwound) {
      interrupted_ = interrupted_ || !job.dismissed();
    } else {
      auto& result = static_cast<detail::TaskPromise<void>*>(job.root())->result;
      if (std::exception_ptr error = result.error()) failed(std::move(error), job.origin());
    }
    remove(job);
  }
  end_if_all_ended();
  return std::noop_coroutine();
}

void Scope::remove(Job& job) noexcept {
  tasks_.remove(job);
  --task_count_;
  // The job is the first member of its Child, and the only one.
  static_assert(sizeof(Child) == sizeof(Job));
  delete reinterpret_cast<Child*>(&job);
}

void Scope::end_if_all_ended() noexcept {
  if (task_count_ > 0 || !body_ended_) return;
  if (interrupted_ && failure_ == nullptr) {
    SUNDOG_PROBE("a scope ended by cancellation");
    unwind();
  } else {
    wake();
  }
}

void Scope::failed(std::exception_ptr error, std::source_location origin) noexcept {
  if (failure_ != nullptr) {
    SUNDOG_PROBE("a second task of a scope failed");
    report_dropped(std::move(error), origin);
    return;
  }
  failure_ = std::move(error);
  cancel_below();
}

void Scope::cancel_tasks() noexcept {
  for (Job* job = tasks_.first(); job != nullptr; job = tasks_.after(*job)) job->dismiss();
}

void Scope::cancel_below() noexcept {
  cancelling_ = true;
  body_.cancel();
  for (Job* job = tasks_.first(); job != nullptr; job = tasks_.after(*job)) job->cancel();
}

Job* Scope::next_child(Job* after) noexcept {
  if (after == nullptr && !body_ended_) return &body_;
  return after == nullptr || after == &body_ ? tasks_.first() : tasks_.after(*after);
}

}  // namespace sundog
