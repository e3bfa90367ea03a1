// Future<T> and Wakener<T>: a value that somebody will provide (Lwt's promise and resolver).
//
//   auto [future, wakener] = wait<int>();
//   wakener.wakeup(7);
//   const int& seven = co_await future;
//
// Where a Task is a computation that has not begun and runs once, a Future is a result that is
// there or not yet. It is eager and shareable: copies refer to the same result, and any number of
// tasks may await it. Awaiting a named future gives a reference to the value, valid as long as some
// copy of the future; awaiting a temporary gives the value itself.
//
// A future is resolved once, with a value or an exception. Waiting tasks are resumed by the
// scheduler, never from inside wakeup(). Cancelling a task that awaits a future ends the waiting,
// not the future: cancellation never runs backwards.
#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/background.hpp"
#include "sundog/runtime/canceled.hpp"
#include "sundog/runtime/frame_pool.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/result.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

template <class T>
class Future;
template <class T>
class Wakener;

// What a future fails with when its wakener is gone without having resolved it.
class BrokenPromise : public std::exception {
 public:
  const char* what() const noexcept override {
    return "the wakener was dropped without resolving its future";
  }
};

// Return: there is a value. Fail: there is an exception. Sleep: neither yet. (Lwt.state)
enum class FutureState { Return, Fail, Sleep };

namespace detail {

// Something to do when a future is resolved: wake a task, or go on with a combinator.
class Resolved : public ListLink {
 public:
  virtual void resolved() noexcept = 0;

 protected:
  ~Resolved() = default;
};

// Calls what waits for futures, one after the other, also when a call resolves further futures:
// chains of any length take no stack.
class [[gnu::visibility("default")]] ResolutionQueue {
 public:
  // Takes all out of the list.
  static void call_all(List<Resolved>& waiters) noexcept;

 private:
  // Those that wait for their call, while calls are under way.
  static inline constinit thread_local List<Resolved>* called_ = nullptr;
};

// The shared part of all copies of a future. Counted by references; belongs to one thread.
template <class T>
class Shared : public Pooled {
 public:
  Shared() = default;
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  // Where the result will be: this state, or the one it was tied to (see follow()). Shortens the
  // path for the next time.
  Shared* target() noexcept {
    if (follows_ == nullptr) return this;
    while (follows_->follows_ != nullptr) {
      Shared* further = follows_->follows_;
      further->keep();
      follows_->drop();
      follows_ = further;
    }
    return follows_;
  }

  FutureState state() const noexcept {
    if (!resolved_) return FutureState::Sleep;
    return result_.has_error() ? FutureState::Fail : FutureState::Return;
  }
  Result<T>& result() noexcept { return result_; }

  // Sets the result with `set(result)` and tells those who wait.
  template <class Set>
  void resolve(Set set) {
    SUNDOG_ASSERT(!resolved_, "a future is resolved once: this one has its result already");
    set(result_);
    resolved_ = true;
    if (!waiters_.empty()) ResolutionQueue::call_all(waiters_);
  }
  // Resolves with what `other` holds, by moving it out.
  void take_over(Result<T>& other) noexcept {
    if (other.has_error()) {
      fail(other.error());
    } else if constexpr (std::is_void_v<T>) {
      resolve([](Result<T>&) {});
    } else {
      try {
        resolve([&](Result<T>& result) { result.set_value(other.take()); });
      } catch (...) {  // what the value's move constructor threw
        SUNDOG_PROBE("moving a future's value failed");
        fail(std::current_exception());
      }
    }
  }
  // Resolves with a copy of what `other` holds.
  void copy_from(const Result<T>& other) noexcept {
    if (other.has_error()) {
      fail(other.error());
      return;
    }
    try {
      resolve([&](Result<T>& result) { result.set_value(other.look()); });
    } catch (...) {  // what the value's copy constructor threw
      SUNDOG_PROBE("copying a future's value failed");
      fail(std::current_exception());
    }
  }
  void fail(std::exception_ptr error) noexcept {
    resolve([&](Result<T>& result) { result.set_exception(std::move(error)); });
  }

  // Those who wait are told in the order in which they came.
  void add(Resolved& waiter) noexcept { waiters_.add(waiter); }
  void remove(Resolved& waiter) noexcept { waiters_.remove(waiter); }

  // This unresolved state shall have the result of `other`, also unresolved. Everybody who waits
  // here moves there, so that a loop written with bind holds one state and not one for each round.
  void follow(Shared& other) noexcept {
    if (&other == this) return;
    other.waiters_.append(waiters_);
    other.keep();
    follows_ = &other;
  }

  void keep() noexcept { ++references_; }
  void drop() noexcept {
    if (--references_ != 0) return;
    Shared* followed = follows_;
    destroy();
    if (followed != nullptr) followed->drop();
  }

  // The task that computes this future, for those made by async().
  virtual void cancel_task() noexcept {}
  virtual const Job* task() const noexcept { return nullptr; }

 protected:
  virtual ~Shared() = default;

 private:
  void destroy() noexcept { delete this; }

  Result<T> result_;
  bool resolved_ = false;
  List<Resolved> waiters_;
  Shared* follows_ = nullptr;
  std::size_t references_ = 0;
};

template <class T>
class FutureAwaiter : private Wait, private Resolved {
 public:
  explicit FutureAwaiter(Future<T> future) noexcept : future_(std::move(future)) {}

  bool await_ready() const noexcept {
    return future_.state() != FutureState::Sleep && Scheduler::current().may_go_on();
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (!suspend(frame, at)) return;
    if (future_.state() == FutureState::Sleep) {
      future_.shared().add(*this);
    } else {
      wake();
    }
  }

 protected:
  ~FutureAwaiter() = default;
  Future<T> future_;

 private:
  std::string describe() const override { return "future"; }
  const Job* waits_for(std::size_t index) const noexcept override {
    return index == 0 ? future_.shared().task() : nullptr;
  }
  void resolved() noexcept override { wake(); }
  void cancel() noexcept override {
    // Resolved meanwhile, and about to be told: then the result has won.
    if (future_.state() != FutureState::Sleep) {
      SUNDOG_PROBE("a future was resolved just as its waiter was cancelled");
      return;
    }
    future_.shared().remove(*this);
    unwind();
  }
};

template <class T>
class FutureLook final : public FutureAwaiter<T> {
 public:
  using FutureAwaiter<T>::FutureAwaiter;
  decltype(auto) await_resume() const { return this->future_.get(); }
};

template <class T>
class FutureTake final : public FutureAwaiter<T> {
 public:
  using FutureAwaiter<T>::FutureAwaiter;
  T await_resume() {
    if constexpr (std::is_void_v<T> || std::is_copy_constructible_v<T>) {
      return this->future_.get();
    } else {
      return this->future_.shared().result().take();
    }
  }
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Future {
 public:
  using value_type = T;

  Future(const Future& other) noexcept : Future(other.given()) {}
  // Leaves nothing behind: a future that was moved from can only be assigned to, or destroyed.
  Future(Future&& other) noexcept : given_(std::exchange(other.given_, nullptr)) {}
  Future& operator=(Future other) noexcept {
    std::swap(given_, other.given_);
    return *this;
  }
  ~Future() {
    if (given_ != nullptr) given_->drop();
  }

  // Asleep, or how it ended.
  FutureState state() const noexcept { return shared().state(); }

  // The value, or throws the exception. The future must not be asleep. A value that is not void
  // comes as a reference, valid as long as a copy of this future.
  decltype(auto) get() const {
    SUNDOG_ASSERT(state() != FutureState::Sleep, "this future has no result yet: co_await it");
    return shared().result().look();
  }
  // The exception, or null if there is none (yet).
  std::exception_ptr error() const noexcept {
    return state() == FutureState::Fail ? shared().result().error() : nullptr;
  }

  // Waits for the result: a const reference to it from a named future, the value itself from a
  // temporary one. A move-only value is moved out of a temporary: no other copy of the future
  // should look at it then.
  auto operator co_await() const& { return detail::FutureLook<T>(*this); }
  auto operator co_await() && { return detail::FutureTake<T>(*this); }

  // Cancels the task behind this future, if it was made by async() and still runs: the future then
  // fails with Canceled, once the task is gone. Does nothing to any other future.
  void cancel() const noexcept { given().cancel_task(); }

  // For combinators. Where the result is, or will be.
  detail::Shared<T>& shared() const noexcept { return *given().target(); }
  explicit Future(detail::Shared<T>& shared) noexcept : given_(&shared) { given_->keep(); }

 private:
  friend class Wakener<T>;

  detail::Shared<T>& given() const noexcept {
    SUNDOG_ASSERT(given_ != nullptr, "this future was moved from");
    return *given_;
  }

  detail::Shared<T>* given_;  // null once moved from
};

// The other end of wait(): resolves the future, once. Move-only; dropped without having done so, it
// makes the future fail with BrokenPromise, so that nobody waits for ever.
template <class T = void>
class Wakener {
 public:
  Wakener(Wakener&& other) noexcept = default;
  // What this one was to wake is dropped; to itself nothing happens.
  Wakener& operator=(Wakener&& other) noexcept {
    Wakener taken(std::move(other));
    std::swap(future_.given_, taken.future_.given_);
    return *this;
  }
  ~Wakener() {
    if (future_.given_ != nullptr && future_.state() == FutureState::Sleep) [[unlikely]]
      break_promise();
  }

  // Resolves the future with a value (none for void). The future must be asleep.
  template <class... U>
    requires(std::is_void_v<T> ? sizeof...(U) == 0 : sizeof...(U) == 1)
  void wakeup(U&&... value) {
    shared().resolve([&](Result<T>& result) { result.set_value(std::forward<U>(value)...); });
  }
  // Resolves the future with an exception.
  void wakeup_exn(std::exception_ptr error) { shared().fail(std::move(error)); }
  template <class Exception>
  void wakeup_exn(Exception exception) {
    wakeup_exn(std::make_exception_ptr(std::move(exception)));
  }

 private:
  template <class U>
  friend std::pair<Future<U>, Wakener<U>> wait();
  explicit Wakener(Future<T> future) noexcept : future_(std::move(future)) {}
  detail::Shared<T>& shared() const {
    SUNDOG_ASSERT(future_.given_ != nullptr, "this wakener was moved from");
    return *future_.given_->target();
  }
  [[gnu::noinline]] void break_promise() noexcept {
    SUNDOG_PROBE("a wakener was dropped without waking");
    shared().fail(std::make_exception_ptr(BrokenPromise()));
  }

  Future<T> future_;
};

// A future that is asleep, and the one who can wake it.
template <class T = void>
[[nodiscard]] std::pair<Future<T>, Wakener<T>> wait() {
  Future<T> future(*new detail::Shared<T>);
  Wakener<T> wakener(future);
  return {std::move(future), std::move(wakener)};
}

// A future that is resolved already, with a value.
template <class T>
[[nodiscard]] Future<std::decay_t<T>> ready(T&& value) {
  Future<std::decay_t<T>> future(*new detail::Shared<std::decay_t<T>>);
  future.shared().resolve([&](auto& result) { result.set_value(std::forward<T>(value)); });
  return future;
}
[[nodiscard]] inline Future<void> ready() {
  Future<void> future(*new detail::Shared<void>);
  future.shared().resolve([](auto& result) { result.set_value(); });
  return future;
}

// A future that has failed already.
template <class T = void>
[[nodiscard]] Future<T> fail(std::exception_ptr error) {
  Future<T> future(*new detail::Shared<T>);
  future.shared().fail(std::move(error));
  return future;
}
template <class T = void, class Exception>
[[nodiscard]] Future<T> fail(Exception exception) {
  return fail<T>(std::make_exception_ptr(std::move(exception)));
}

namespace detail {

// The shared state of a future whose value a background task computes. It keeps itself alive until
// the task has ended.
template <class T>
class AsyncShared final : public Shared<T> {
 public:
  AsyncShared(Task<T> task, std::source_location origin) : runner_(*this) {
    this->keep();
    runner_.begin(*task.release(), origin);
  }
  void cancel_task() noexcept override { runner_.cancel_task(); }
  const Job* task() const noexcept override { return runner_.job(); }

 private:
  class Runner final : public Background {
   public:
    explicit Runner(AsyncShared& shared) noexcept : shared_(shared) {}
    void begin(PromiseBase& root, std::source_location origin) { start(root, origin); }
    const Job* job() const noexcept { return &job_; }

   private:
    void task_ended(bool unwound) noexcept override {
      if (unwound) {
        SUNDOG_PROBE("a future's task was cancelled");
        shared_.target()->fail(std::make_exception_ptr(Canceled()));
      } else {
        shared_.target()->take_over(static_cast<TaskPromise<T>*>(job_.root())->result);
        // The frame may hold the future before this one, whose frame may hold the one before it:
        // a chain that was kept would be destroyed by a recursion of its length.
        job_.destroy_root();
      }
      shared_.drop();
    }
    AsyncShared& shared_;
  };
  ~AsyncShared() override = default;

  Runner runner_;
};

}  // namespace detail

// Starts a task as a job of its own and gives the future of its result (Lwt.async, with a result).
// The task belongs to the main loop, which cancels it when the main task ends. Where tasks have a
// natural owner, prefer scope().
template <Awaitable A>
[[nodiscard]] Future<as_task_value_t<A>> async(
    A&& task, std::source_location origin = std::source_location::current()) {
  using T = as_task_value_t<A>;
  return Future<T>(*new detail::AsyncShared<T>(as_task(std::forward<A>(task)), origin));
}

}  // namespace sundog
