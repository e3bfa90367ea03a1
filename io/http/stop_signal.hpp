// StopSignal: asks tasks to end at a place of their own choosing (graceful stop), where
// cancellation would end them at once.
//
//   StopSignal stop;
//   while (!stop.requested()) {
//     auto flow = co_await until_stopped(accept(), stop);   // empty: stopped while it waited
//     ...
//   }
//
// What is under way outside of until_stopped() is not touched.
#pragma once

#include <coroutine>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/single_child.hpp"

namespace sundog::http {

class StopSignal {
 public:
  StopSignal() = default;
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const { return requested_; }

  // Ends every until_stopped() that waits, and every later one at once. For ever.
  void request() {
    requested_ = true;
    while (Waiter* waiter = first_) {
      remove(*waiter);
      waiter->stop_requested();
    }
  }

  // Who waits for the signal: a link in a list, so that waiting costs no memory.
  class Waiter {
   public:
    virtual void stop_requested() = 0;

   protected:
    ~Waiter() = default;

   private:
    friend class StopSignal;
    Waiter* next_ = nullptr;
    Waiter** place_ = nullptr;  // what points here; null when in no list
  };
  void add(Waiter& waiter) {
    waiter.next_ = first_;
    waiter.place_ = &first_;
    if (first_ != nullptr) first_->place_ = &waiter.next_;
    first_ = &waiter;
  }
  // Does nothing if it is in no list.
  void remove(Waiter& waiter) {
    if (waiter.place_ == nullptr) return;
    *waiter.place_ = waiter.next_;
    if (waiter.next_ != nullptr) waiter.next_->place_ = waiter.place_;
    waiter.place_ = nullptr;
  }

 private:
  Waiter* first_ = nullptr;
  bool requested_ = false;
};

namespace detail {

template <class T>
class UntilStopped final : public sundog::detail::SingleChild<T>, private StopSignal::Waiter {
 public:
  UntilStopped(Task<T> task, StopSignal& stop)
      : sundog::detail::SingleChild<T>(std::move(task)), stop_(stop) {}
  ~UntilStopped() { stop_.remove(*this); }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> frame,
                                        std::source_location at = std::source_location::current()) {
    if (!this->attach(frame, at)) return std::noop_coroutine();
    if (stop_.requested()) {
      this->job_.cancel();  // it runs up to its first wait, where it ends
    } else {
      stop_.add(*this);
    }
    return this->run_child();
  }
  std::optional<T> await_resume() {
    return unwound_ ? std::optional<T>() : std::optional<T>(this->take());
  }

  std::string describe() const override { return "unless stopped"; }

 private:
  void stop_requested() override { this->job_.cancel(); }
  void cancel_below() noexcept override {
    cancelled_ = true;
    this->job_.cancel();
  }
  std::coroutine_handle<> child_ended(Job&, bool unwound) noexcept override {
    stop_.remove(*this);
    unwound_ = unwound;
    if (unwound && cancelled_) {
      this->unwind();
      return std::noop_coroutine();
    }
    return this->continue_inline();
  }

  StopSignal& stop_;
  bool cancelled_ = false;
  bool unwound_ = false;
};

}  // namespace detail

// Awaitable of the task's value, or of nothing: the stop was requested first, and the task was
// cancelled. As with timeout(), a result that came just then is not lost. The signal must outlive
// the awaiting.
template <Awaitable A>
[[nodiscard]] auto until_stopped(A&& task, StopSignal& stop) {
  using T = as_task_value_t<A>;
  return Operation<detail::UntilStopped<T>, Task<T>, StopSignal&>(as_task(std::forward<A>(task)),
                                                                  stop);
}

}  // namespace sundog::http
