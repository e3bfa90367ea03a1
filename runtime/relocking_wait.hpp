// RelockingWait: a wait that gives up a mutex while it lasts and holds it again when it ends,
// however it ends: with a result, with an exception, or by cancellation.
//
// So it ends in two steps. When what it waits for has happened, or it is cancelled, it takes the
// mutex if that is open and else stands in line for it, as everybody does, and only then is its job
// woken or unwound. A task that cancels it waits for that, too: until then the mutex may be held by
// others.
//
//            end()                     the mutex is ours
//   apart ----------> relocking -----------------------------> ended
//
// Meanwhile the guard is empty, as the mutex is not its own; it must stay where it is.
#pragma once

#include <cstdint>
#include <utility>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/mutex.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog {

class RelockingWait : public QueuedWait {
 protected:
  // Without a guard (null) it is a wait like any other.
  explicit RelockingWait(Mutex::Guard* guard) noexcept : guard_(guard) {}
  // Here the job may be unwound: the guard is filled before its owner's frame is looked at.
  ~RelockingWait() { fill_guard(); }

  // Once the wait has begun.
  void open_mutex() {
    if (guard_ == nullptr) return;
    mutex_ = guard_->mutex();
    SUNDOG_ASSERT(mutex_ != nullptr,
                  "this guard holds no mutex: it was unlocked or moved from, or another wait has "
                  "it now");
    guard_->unlock();
  }
  enum class How : std::uint8_t { woken, unwound };
  // What it waited for is there (woken), or will not come any more (unwound). In no line any more.
  void end(How how) {
    if (mutex_ == nullptr) {
      how == How::woken ? wake() : unwind();
      return;
    }
    if (how == How::unwound) unwind_when_served();
    relocking_ = true;
    mutex_->waiters_.add(*this);
    // Nobody is inside or in line: this one is the first, to whom unlocking passes it on.
    if (!std::exchange(mutex_->locked_, true)) mutex_->unlock();
  }
  bool relocking() const noexcept { return relocking_; }
  // For await_resume: the mutex is the guard's again.
  void fill_guard() noexcept {
    if (!relocking_) return;
    relocking_ = false;
    *guard_ = Mutex::Guard(mutex_);
  }
  // Whose turn it is inside the mutex, while this stands in line for it.
  const Job* mutex_holder() const noexcept { return mutex_->holder_; }

  void cancel() noexcept override {
    if (relocking_) {
      // It has its result and keeps it: the job goes on to its next wait, with the mutex locked.
      SUNDOG_PROBE("one that wants its mutex back was cancelled");
      return;
    }
    leave_line();
    end(How::unwound);
  }

 private:
  Mutex::Guard* guard_;
  Mutex* mutex_ = nullptr;
  bool relocking_ = false;
};

}  // namespace sundog
