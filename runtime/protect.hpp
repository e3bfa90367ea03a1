// protect: a task that runs to its end although its parent is cancelled (Lwt's protected, turned
// around).
//
//   co_await protect(send_farewell(flow));
//
// Cancellation stops at the protect; when the task has ended, its value comes out as usual and the
// parent is stopped at its next wait. Inside, a task can ask with cancel_requested(), and be told
// with `co_await until_cancelled()`: for instance to hurry. A protected task that never ends holds
// up the task that cancelled it: give it a timeout.
#pragma once

#include <coroutine>
#include <source_location>
#include <string>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/single_child.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace detail {

// Tells the tasks below a protect() that it was cancelled.
class Shield {
 public:
  class Listener : public ListLink {
   public:
    // By this shield, which is telling now.
    virtual void heard(Shield& teller) = 0;

   protected:
    ~Listener() = default;
  };
  void add(Listener& listener) noexcept { listeners_.add_first(listener); }
  void remove(Listener& listener) noexcept { listeners_.remove(listener); }
  bool told() const noexcept { return told_; }
  void tell() {
    told_ = true;
    while (Listener* listener = listeners_.take_first()) listener->heard(*this);
  }
  // The same through another shield, which is telling now: however many shields there are, they
  // are told without recursion.
  void tell_through(Shield& teller) noexcept {
    told_ = true;
    while (Listener* listener = listeners_.take_first()) teller.add(*listener);
  }

 private:
  List<Listener> listeners_;
  bool told_ = false;
};

// The nearest protect() above the running job, or null.
Shield* nearest_shield() noexcept;

template <class T>
class Protect final : public SingleChild<T>, public Shield, private Shield::Listener {
 public:
  using SingleChild<T>::SingleChild;

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> frame,
                                        std::source_location at = std::source_location::current()) {
    Shield* outer = nearest_shield();
    if (!this->attach(frame, at)) return std::noop_coroutine();
    // What is inside of two shields hears of the outer one's cancellation too.
    if (outer != nullptr && outer->told()) {
      SUNDOG_PROBE("a shield was entered below one that was told already");
      tell();
    } else if (outer != nullptr) {
      outer->add(*this);
      outer_ = outer;
    }
    return this->run_child();
  }
  T await_resume() { return this->take(); }

  std::string describe() const override { return "protect"; }
  Shield* shield() noexcept override { return this; }

  std::coroutine_handle<> child_ended(Job&, bool unwound) noexcept override {
    SUNDOG_ASSERT(!unwound, "nobody cancels a protected task");
    if (outer_ != nullptr) outer_->remove(*this);
    return this->continue_inline();
  }

 private:
  void cancel_below() noexcept override { tell(); }
  void heard(Shield& teller) override {
    SUNDOG_PROBE("a shield below another was told");
    outer_ = nullptr;
    tell_through(teller);
  }

  Shield* outer_ = nullptr;
};

inline Shield* nearest_shield() noexcept {
  for (Job* job = Scheduler::current().running(); job != nullptr; job = job->owner().job()) {
    if (Shield* shield = job->owner().shield()) return shield;
  }
  return nullptr;
}

class UntilCancelled final : private Wait, private Shield::Listener {
 public:
  bool await_ready() const noexcept {
    const Shield* shield = nearest_shield();
    return shield != nullptr && shield->told() && Scheduler::current().may_go_on();
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (!suspend(frame, at)) return;
    shield_ = nearest_shield();
    if (shield_ == nullptr) return;
    if (shield_->told()) {
      wake();
    } else {
      shield_->add(*this);
    }
  }
  void await_resume() const noexcept {}

 private:
  std::string describe() const override { return "until_cancelled"; }
  void heard(Shield&) override { wake(); }
  void cancel() noexcept override {
    SUNDOG_PROBE("who waited for a cancellation was cancelled itself");
    if (shield_ != nullptr) shield_->remove(*this);
    unwind();
  }

  Shield* shield_ = nullptr;
};

}  // namespace detail

// Awaitable of the task's value; see above.
template <Awaitable A>
[[nodiscard]] auto protect(A&& task) {
  using T = as_task_value_t<A>;
  return Operation<detail::Protect<T>, Task<T>>(as_task(std::forward<A>(task)));
}

// Somebody above the running task was cancelled, though a protect() may stand between.
inline bool cancel_requested() noexcept {
  for (Job* job = Scheduler::current().running(); job != nullptr; job = job->owner().job()) {
    if (job->cancel_requested()) return true;
  }
  return false;
}

// Waits until the nearest protect() above is cancelled. Outside of one it waits for ever: a task
// that is cancelled there simply ends.
[[nodiscard]] inline Operation<detail::UntilCancelled> until_cancelled() {
  return Operation<detail::UntilCancelled>();
}

}  // namespace sundog
