// Mutex: one task at a time (Lwt_mutex).
//
//   Mutex::Guard guard = co_await mutex.lock();      // unlocked when guard ends
//
// Fair: an unlocked mutex goes straight to the task that has waited longest; no task can overtake
// it. Needed only where a task waits inside the critical part: between two waits nothing else runs
// anyway. Not recursive.
#pragma once

#include <coroutine>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog {

class Mutex {
 public:
  // The right to be inside. Move-only; leaving it unlocks. The mutex must outlive it.
  class [[nodiscard]] Guard {
   public:
    Guard() noexcept = default;
    Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    // To itself: nothing happens.
    Guard& operator=(Guard&& other) noexcept {
      Guard given(std::move(other));
      std::swap(mutex_, given.mutex_);
      return *this;
    }
    ~Guard() { unlock(); }

    // Unlocks before the end; does nothing when there is nothing to unlock.
    void unlock() noexcept {
      if (Mutex* mutex = std::exchange(mutex_, nullptr)) mutex->unlock();
    }
    explicit operator bool() const noexcept { return mutex_ != nullptr; }
    // The mutex held, or null.
    Mutex* mutex() const noexcept { return mutex_; }

   private:
    friend class Mutex;
    friend class RelockingWait;
    explicit Guard(Mutex* mutex) noexcept : mutex_(mutex) {}
    Mutex* mutex_ = nullptr;
  };

  class LockWait final : public AttemptedWait<LockWait> {
   public:
    explicit LockWait(Mutex* mutex) noexcept : mutex_(*mutex) {}
    Guard await_resume() const noexcept { return Guard(&mutex_); }

   private:
    friend AttemptedWait<LockWait>;
    bool try_now() noexcept { return mutex_.take(); }
    WaitQueue& line() noexcept { return mutex_.waiters_; }
    std::string describe() const override { return "mutex"; }
    const Job* waits_for(std::size_t index) const noexcept override {
      return index == 0 ? mutex_.holder_ : nullptr;
    }
    Mutex& mutex_;
  };

  // Awaitable of a Guard.
  [[nodiscard]] Operation<LockWait, Mutex*> lock() { return Operation<LockWait, Mutex*>(this); }
  // Empty if somebody is inside.
  [[nodiscard]] std::optional<Guard> try_lock() noexcept {
    if (!take()) return std::nullopt;
    return Guard(this);
  }

  // Whether somebody is inside, and how many tasks wait for it to leave.
  bool locked() const noexcept { return locked_; }
  std::size_t waiter_count() const noexcept { return waiters_.size(); }

 private:
  friend class RelockingWait;

  bool take() noexcept {
    if (std::exchange(locked_, true)) return false;
    holder_ = Scheduler::running_job();
    return true;
  }
  void unlock() noexcept {
    if (waiters_.empty()) {
      locked_ = false;
    } else {
      holder_ = waiters_.first()->job();
      waiters_.wake_first();  // it stays locked, for the one who was woken
    }
  }

  bool locked_ = false;
  // Who took it last; for reports of deadlocks only: it may have given the guard away, or be gone.
  const Job* holder_ = nullptr;
  WaitQueue waiters_;
};

}  // namespace sundog
