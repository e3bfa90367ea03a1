// WaitQueue: tasks that wait in line, first come, first served. What mutex, semaphore, channel and
// their like stand on.
//
// The line runs through the waits themselves, which live in the frames of those who wait: queueing
// allocates nothing and leaving from the middle is O(1). Whoever is cancelled while in line leaves
// it. Whoever was woken has got what it waited for, and keeps it even if it is cancelled before it
// runs: it goes on to its next wait, so that its destructors give back what it holds (a lock is
// passed on, not lost).
#pragma once

#include <coroutine>
#include <cstddef>
#include <source_location>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

class WaitQueue;

// A wait that can stand in a WaitQueue.
class QueuedWait : public Wait {
 protected:
  QueuedWait() = default;
  ~QueuedWait() = default;

  // For await_suspend: goes to the end of the line.
  template <class Promise>
  void wait_in(WaitQueue& queue, std::coroutine_handle<Promise> frame, std::source_location at);

 private:
  friend class WaitQueue;

  void cancel() noexcept final;
  // Called when this wait was cancelled and has left the line: others may be able to go on without
  // it.
  virtual void left() noexcept {}

  WaitQueue* queue_ = nullptr;
  QueuedWait* next_ = nullptr;
  QueuedWait* previous_ = nullptr;
};

class WaitQueue {
 public:
  WaitQueue() = default;
  ~WaitQueue() {
    SUNDOG_ASSERT(empty(), "a lock, channel or the like was destroyed while a task waits for it");
  }
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  // The first in line, or null.
  QueuedWait* first() const noexcept { return first_; }

  // Takes the first out of the line and makes its job ready; there must be one.
  void wake_first() {
    QueuedWait& wait = *first_;
    remove(wait);
    wait.wake();
  }
  void wake_all() {
    // Nobody can join meanwhile: those who are woken run later.
    while (!empty()) wake_first();
  }

 private:
  friend class QueuedWait;

  void add(QueuedWait& wait) noexcept {
    wait.queue_ = this;
    wait.next_ = nullptr;
    wait.previous_ = last_;
    (last_ == nullptr ? first_ : last_->next_) = &wait;
    last_ = &wait;
    ++size_;
  }
  void remove(QueuedWait& wait) noexcept {
    (wait.previous_ == nullptr ? first_ : wait.previous_->next_) = wait.next_;
    (wait.next_ == nullptr ? last_ : wait.next_->previous_) = wait.previous_;
    --size_;
  }

  QueuedWait* first_ = nullptr;
  QueuedWait* last_ = nullptr;
  std::size_t size_ = 0;
};

template <class Promise>
void QueuedWait::wait_in(WaitQueue& queue, std::coroutine_handle<Promise> frame,
                         std::source_location at) {
  if (suspend(frame, at)) queue.add(*this);
}

inline void QueuedWait::cancel() noexcept {
  SUNDOG_PROBE("one that stood in line was cancelled");
  queue_->remove(*this);
  unwind();
  left();
}

}  // namespace sundog
