// Local<T>: a value that a task and everything below it sees (Lwt.key, Lwt.with_value).
//
//   Local<std::string> request_id("none");
//   co_await request_id.with("42", serve(std::move(request)));  // inside, get() is "42"
//
// Tasks spawned, joined or picked inside see it as well, for they run below; background tasks
// (async) do not, as they belong to the loop. get() walks up the tree of tasks: it costs a few
// nanoseconds for each owner between.
#pragma once

#include <coroutine>
#include <source_location>
#include <string>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/single_child.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace detail {

template <class T, class Value>
class BindingOwner final : public SingleChild<T> {
 public:
  BindingOwner(const void* key, Value value, Task<T> task)
      : SingleChild<T>(std::move(task)), key_(key), value_(std::move(value)) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> frame,
                                        std::source_location at = std::source_location::current()) {
    if (!this->attach(frame, at)) return std::noop_coroutine();
    return this->run_child();
  }
  T await_resume() { return this->take(); }

  std::string describe() const override { return "task with a local value"; }
  const void* binding(const void* key) const noexcept override {
    return key == key_ ? &value_ : nullptr;
  }
  std::coroutine_handle<> child_ended(Job&, bool unwound) noexcept override {
    if (!unwound) return this->continue_inline();
    this->unwind();
    return std::noop_coroutine();
  }

 private:
  void cancel_below() noexcept override { this->job_.cancel(); }

  const void* key_;
  Value value_;
};

}  // namespace detail

// Make it a variable that outlives all tasks which use it: its address is the key.
template <class Value>
class Local {
 public:
  explicit Local(Value default_value) : default_(std::move(default_value)) {}
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;

  // The value of the innermost with() around the running task, or the default. Valid until that
  // with() ends.
  const Value& get() const noexcept {
    const Scheduler* scheduler = Current<Scheduler>::find();
    Job* job = scheduler == nullptr ? nullptr : scheduler->running();
    for (; job != nullptr; job = job->owner().job()) {
      if (const void* value = job->owner().binding(this)) return *static_cast<const Value*>(value);
    }
    return default_;
  }

  // Awaitable of the task's value; the task runs with this value.
  template <Awaitable A>
  [[nodiscard]] auto with(Value value, A&& task) const {
    using T = as_task_value_t<A>;
    return Operation<detail::BindingOwner<T, Value>, const void*, Value, Task<T>>(
        this, std::move(value), as_task(std::forward<A>(task)));
  }

 private:
  Value default_;
};

}  // namespace sundog
