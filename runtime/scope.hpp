// Scope: tasks that end before the scope does.
//
//   co_await scope([&](Scope& tasks) -> Task<void> {
//     tasks.spawn(serve, std::move(flow));       // a function and its arguments, moved in
//     tasks.spawn(blink());                      // or a task
//     co_await sleep(1s);
//   });                                          // here both have ended
//
// Nothing outlives its owner: co_await scope(...) returns when the body and every spawned task have
// ended, so what stands before it in the function may be used by all of them. The first failure, of
// the body or of a task, cancels all the others and comes out of the co_await; later failures are
// logged. A task may spawn siblings as long as it runs.
//
// Cancelling the scope from outside cancels the body and all tasks. The scope then has a value only
// if nothing was lost: the body and every task had ended by themselves, or did so with what they
// had completed just then. Otherwise the awaiting task is unwound as well, even where only a task
// was stopped and the body had ended long before. Tasks that cancel_tasks() had told to end before
// that do not count: the scope waits for their end, not for what they do.
//
// A capturing lambda may be spawned: spawn(fn, args...) keeps the lambda in the new task's frame
// for as long as its coroutine runs. (Calling `spawn(fn(args))` with such a lambda would leave its
// captures behind.)
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/dropped.hpp"
#include "sundog/runtime/in_frame.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class Scope : protected Owner {
 public:
  // Starts the task as a child of this scope; it takes its first step when the caller next waits.
  // Throws std::bad_alloc.
  template <Awaitable A>
  void spawn(A&& task, std::source_location origin = std::source_location::current()) {
    check_value<as_task_value_t<A>>();
    add(as_task(std::forward<A>(task)), origin);
  }

  // Starts fn(args...), which must give a Task<void>, or what else can be awaited and gives no
  // value. The function and decayed copies of the arguments live as long as the task. Throws
  // std::bad_alloc, and whatever copying the arguments throws.
  template <class Function>
    requires std::is_invocable_v<Function&>
  void spawn(Function fn, std::source_location origin = std::source_location::current()) {
    check_result<std::invoke_result_t<Function&>>();
    add(detail::invoke_in_frame(std::move(fn)), origin);
  }
  template <class Function, class... Arguments>
    requires(sizeof...(Arguments) > 0 &&
             std::is_invocable_v<std::decay_t<Function>&, std::decay_t<Arguments>...>)
  void spawn(Function&& fn, Arguments&&... arguments) {
    check_result<std::invoke_result_t<std::decay_t<Function>&, std::decay_t<Arguments>...>>();
    add(detail::invoke_in_frame<std::decay_t<Function>, std::decay_t<Arguments>...>(
            std::forward<Function>(fn), std::forward<Arguments>(arguments)...),
        std::source_location::current());
  }

  // Cancels the tasks spawned so far; the body goes on. co_await scope() still waits for their end,
  // and is a success without them.
  void cancel_tasks() noexcept;

  // How many spawned tasks have not ended.
  std::size_t task_count() const noexcept { return task_count_; }

 protected:
  Scope() = default;
  ~Scope() = default;

  // The body, or the exception that the function threw instead of giving one. What it spawned
  // before is taken care of.
  void start_body(PromiseBase& root, std::source_location origin) noexcept;
  void body_failed(std::exception_ptr error) noexcept;
  // The failure to throw, or null.
  const std::exception_ptr& failure() const noexcept { return failure_; }
  Job body_;

 private:
  struct Child : Pooled {
    Job job;
  };

  template <class Returned>
  static constexpr void check_result() {
    static_assert(Awaitable<Returned>, "spawn() takes a function that gives a Task<void>");
    check_value<as_task_value_t<Returned>>();
  }
  template <class Value>
  static constexpr void check_value() {
    static_assert(std::is_void_v<Value>,
                  "spawn() takes a Task<void>, or a function that gives one: nobody would receive "
                  "a value");
  }

  void add(Task<void> task, std::source_location origin);
  std::coroutine_handle<> child_ended(Job& job, bool unwound) noexcept override;
  void failed(std::exception_ptr error, std::source_location origin) noexcept;
  void remove(Job& job) noexcept;
  void end_if_all_ended() noexcept;
  virtual std::exception_ptr body_error() const noexcept = 0;
  void cancel_below() noexcept override;
  Job* next_child(Job* after) noexcept override;
  std::string describe() const override { return "scope"; }

  List<Job> tasks_;  // the newest first
  std::size_t task_count_ = 0;
  bool body_ended_ = false;
  bool interrupted_ = false;  // the body was unwound, or a task that nobody had dismissed
  bool cancelling_ = false;   // newcomers are cancelled at once
  std::exception_ptr failure_;
};

namespace detail {

template <class Function, class T>
class ScopeAwaiter final : public Scope {
 public:
  explicit ScopeAwaiter(Function fn) : function_(std::move(fn)) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (!suspend(frame, at)) return;
    // Only now: the function may spawn tasks itself, before it gives the body.
    try {
      Task<T> body = as_task(function_(static_cast<Scope&>(*this)));
      start_body(*body.release(), at);
    } catch (...) {
      SUNDOG_PROBE("a scope's function failed before it gave a body");
      body_failed(std::current_exception());
    }
  }
  T await_resume() {
    if (failure() != nullptr) std::rethrow_exception(failure());
    return result().take();
  }

 private:
  Result<T>& result() const noexcept { return static_cast<TaskPromise<T>*>(body_.root())->result; }
  std::exception_ptr body_error() const noexcept override { return result().error(); }

  Function function_;
};

}  // namespace detail

// Awaitable of what the body gives. `fn` is called with the Scope and gives a Task, or what else
// can be awaited; it is kept until the scope has ended, so it may be a capturing lambda.
template <class Function>
[[nodiscard]] auto scope(Function fn) {
  using T = as_task_value_t<std::invoke_result_t<Function&, Scope&>>;
  return Operation<detail::ScopeAwaiter<Function, T>, Function>(std::move(fn));
}

}  // namespace sundog
