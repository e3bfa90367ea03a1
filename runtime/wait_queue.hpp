// WaitQueue: tasks that wait in line, first come, first served. Mutexes, semaphores and channels
// are built on it.
//
// The line runs through the waits themselves, which live in the frames of those who wait: queueing
// allocates nothing and leaving from the middle is O(1). A task that is cancelled while in line
// leaves it. One that was woken has got what it waited for, and keeps it even if it is cancelled
// before it runs: it goes on to its next wait, so that its destructors give back what it holds (a
// lock is passed on, not lost).
//
// What is available at once is taken without standing in line (AttemptedWait), but only so often: a
// job that has done so Scheduler::at_once_max times goes to the end of the ready queue, with what
// it got last. If it is cancelled by then it gets nothing more and ends.
#pragma once

#include <coroutine>
#include <cstddef>
#include <source_location>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scheduler.hpp"

namespace sundog {

class WaitQueue;

// A wait that can stand in a WaitQueue.
class QueuedWait : public Wait, private ListLink {
 protected:
  QueuedWait() = default;
  ~QueuedWait() = default;

  // For await_suspend: goes to the end of the line.
  template <class Promise>
  void wait_in(WaitQueue& queue, std::coroutine_handle<Promise> frame, std::source_location at);

  // Leaves the line, and the job is unwound.
  void cancel() noexcept override;
  void leave_line() noexcept;
  // For waits that stay in line although their job was cancelled: when their turn has come, the job
  // is unwound and not woken.
  void unwind_when_served() noexcept { unwind_when_served_ = true; }

 private:
  friend class WaitQueue;
  friend class List<QueuedWait>;

  // Called when this wait was cancelled and has left the line: others may be able to go on without
  // it.
  virtual void left() noexcept {}

  WaitQueue* queue_ = nullptr;
  bool unwind_when_served_ = false;
};

class WaitQueue {
 public:
  WaitQueue() = default;
  ~WaitQueue() {
    SUNDOG_ASSERT(empty(), "a lock, channel or the like was destroyed while a task waits for it");
  }
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;

  bool empty() const noexcept { return waits_.empty(); }
  std::size_t size() const noexcept { return size_; }
  // The first in line, or null.
  QueuedWait* first() const noexcept { return waits_.first(); }

  // Puts it last in line. It must stay alive until it has left.
  void add(QueuedWait& wait) noexcept {
    wait.queue_ = this;
    waits_.add(wait);
    ++size_;
  }
  // Takes the first out of the line; there must be one.
  QueuedWait& take_first() noexcept {
    QueuedWait& wait = *waits_.first();
    remove(wait);
    return wait;
  }
  // The same, and makes its job ready.
  void wake_first() {
    QueuedWait& wait = take_first();
    if (wait.unwind_when_served_) [[unlikely]] {
      wait.unwind();
    } else {
      wait.wake();
    }
  }
  void wake_all() {
    // Nobody can join meanwhile: those who are woken run later.
    while (!empty()) wake_first();
  }

 private:
  friend class QueuedWait;

  void remove(QueuedWait& wait) noexcept {
    waits_.remove(wait);
    --size_;
  }

  List<QueuedWait> waits_;
  std::size_t size_ = 0;
};

template <class Promise>
void QueuedWait::wait_in(WaitQueue& queue, std::coroutine_handle<Promise> frame,
                         std::source_location at) {
  if (suspend(frame, at)) queue.add(*this);
}

// A wait that is tried first, and stands in line only if that fails. Attempt is the class that
// derives from this one, with
//   bool try_now();              // takes what the wait is for, if it is there; may throw
//   WaitQueue& line() noexcept;  // where to stand otherwise
template <class Attempt>
class AttemptedWait : public QueuedWait {
 public:
  bool await_ready() {
    Scheduler& scheduler = Scheduler::current();
    const bool may_go_on = scheduler.may_go_on();
    if (!may_go_on && scheduler.running()->cancel_requested()) return false;
    had_ = attempt().try_now();
    return had_ && may_go_on;
  }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (!suspend(frame, at)) return;
    if (had_) {
      wake();
    } else {
      attempt().line().add(*this);
    }
  }

 protected:
  ~AttemptedWait() = default;

 private:
  Attempt& attempt() noexcept { return static_cast<Attempt&>(*this); }

  bool had_ = false;
};

inline void QueuedWait::leave_line() noexcept { queue_->remove(*this); }

inline void QueuedWait::cancel() noexcept {
  SUNDOG_PROBE("one that stood in line was cancelled");
  leave_line();
  unwind();
  left();
}

}  // namespace sundog
