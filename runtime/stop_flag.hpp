// StopFlag: asks tasks to end at a place of their own choosing (a graceful stop), where
// cancellation would end them at once.
//
//   StopFlag stop;
//   while (!stop.requested()) {
//     auto flow = co_await until_stopped(accept(), stop);   // empty: stopped while it waited
//     ...
//   }
//
// What is under way outside of until_stopped() is not touched. A request for the whole program to
// stop is a StopRequest (io/stop_request.hpp).
#pragma once

#include <coroutine>
#include <source_location>
#include <string>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/cut_short.hpp"
#include "sundog/runtime/language/list.hpp"

namespace sundog {

class StopFlag {
 public:
  StopFlag() = default;
  StopFlag(const StopFlag&) = delete;
  StopFlag& operator=(const StopFlag&) = delete;

  // Whether request() was called.
  bool requested() const noexcept { return requested_; }

  // Ends every until_stopped() that waits, and every later one at once. For ever.
  void request() noexcept {
    requested_ = true;
    while (Listener* const listener = listeners_.take_first()) listener->stop_requested();
  }

  // Who waits for the request, for until_stopped().
  class Listener : private ListLink {
   protected:
    ~Listener() = default;

   private:
    friend class StopFlag;
    friend class List<Listener>;
    virtual void stop_requested() noexcept = 0;
  };
  // Has listener told when the stop is requested. It must be removed before it is destroyed.
  void add(Listener& listener) noexcept { listeners_.add(listener); }
  // Does nothing if it is not there.
  void remove(Listener& listener) noexcept {
    if (listener.listed()) listeners_.remove(listener);
  }

 private:
  List<Listener> listeners_;
  bool requested_ = false;
};

namespace detail {

template <class T>
class UntilStopped final : public CutShort<T, UntilStopped<T>>, private StopFlag::Listener {
 public:
  UntilStopped(Task<T> task, StopFlag& flag)
      : CutShort<T, UntilStopped<T>>(std::move(task)), flag_(flag) {}
  ~UntilStopped() { withdraw(); }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> frame,
                                        std::source_location at = std::source_location::current()) {
    if (!this->attach(frame, at)) return std::noop_coroutine();
    if (flag_.requested()) {
      this->cut_short();  // it runs up to its first wait, where it ends
    } else {
      flag_.add(*this);
    }
    return this->run_child();
  }
  auto await_resume() { return this->value_if_any(); }

  std::string describe() const override { return "unless stopped"; }

 private:
  friend class CutShort<T, UntilStopped<T>>;

  void withdraw() noexcept { flag_.remove(*this); }
  void stop_requested() noexcept override { this->cut_short(); }

  StopFlag& flag_;
};

}  // namespace detail

// Awaitable of the task's value, or of an empty optional (false for a task without value): the stop
// was requested first, and the task was cancelled. As with timeout(), a result that came just then
// is not lost. The flag must outlive the awaiting.
template <Awaitable A>
[[nodiscard]] auto until_stopped(A&& task, StopFlag& flag) {
  using T = as_task_value_t<A>;
  return Operation<detail::UntilStopped<T>, Task<T>, StopFlag&>(as_task(std::forward<A>(task)),
                                                                flag);
}

}  // namespace sundog
