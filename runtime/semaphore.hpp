// Semaphore: lets a limited number of tasks in at once.
//
//   Semaphore connections(100);
//   const Semaphore::Permit permit = co_await connections.acquire();  // until permit ends
//
// Fair: permits go to those who wait in the order in which they came, also when the first wants
// several and a later one could be served at once.
#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/language/list.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog {

class Semaphore {
 public:
  explicit Semaphore(std::size_t count) noexcept : available_(count) {}

  // Some permits; given back at its end. Move-only. The semaphore must outlive it.
  class [[nodiscard]] Permit : private ListLink {
   public:
    Permit() noexcept = default;
    Permit(Permit&& other) noexcept { take_from(other); }
    // To itself: nothing happens.
    Permit& operator=(Permit&& other) noexcept {
      if (this == &other) return *this;
      release();
      take_from(other);
      return *this;
    }
    ~Permit() { release(); }

    // Gives back before the end.
    void release() noexcept {
      if (semaphore_ == nullptr) return;
      leave();
      std::exchange(semaphore_, nullptr)->release(count_);
    }
    explicit operator bool() const noexcept { return semaphore_ != nullptr; }

   private:
    friend class Semaphore;
    friend class List<Permit>;
    Permit(Semaphore* semaphore, std::size_t count) noexcept
        : semaphore_(semaphore), count_(count), holder_(Scheduler::running_job()) {
      join();
    }
    void join() noexcept { semaphore_->permits_.add_first(*this); }
    void leave() noexcept { semaphore_->permits_.remove(*this); }
    void take_from(Permit& other) noexcept {
      if (other.semaphore_ == nullptr) return;
      other.leave();
      semaphore_ = std::exchange(other.semaphore_, nullptr);
      count_ = other.count_;
      holder_ = other.holder_;
      join();
    }

    Semaphore* semaphore_ = nullptr;
    std::size_t count_ = 0;
    // Who took it; for reports of deadlocks only: it may have given the permit away, or be gone.
    const Job* holder_ = nullptr;
  };

  class AcquireWait final : public AttemptedWait<AcquireWait> {
   public:
    AcquireWait(Semaphore* semaphore, std::size_t count) noexcept
        : semaphore_(*semaphore), count_(count) {}
    Permit await_resume() const noexcept { return Permit(&semaphore_, count_); }

   private:
    friend class Semaphore;
    friend AttemptedWait<AcquireWait>;
    bool try_now() noexcept { return semaphore_.take(count_); }
    WaitQueue& line() noexcept { return semaphore_.waiters_; }
    std::string describe() const override { return "semaphore"; }
    const Job* waits_for(std::size_t index) const noexcept override {
      const Permit* permit = semaphore_.permits_.first();
      for (; permit != nullptr && index > 0; --index) permit = semaphore_.permits_.after(*permit);
      return permit == nullptr ? nullptr : permit->holder_;
    }
    // It may have been the first, and have wanted more than those behind it.
    void left() noexcept override {
      SUNDOG_PROBE("one that waited for permits gave up");
      semaphore_.serve();
    }
    Semaphore& semaphore_;
    std::size_t count_;
  };
  using Acquire = Operation<AcquireWait, Semaphore*, std::size_t>;

  // Awaitable of a Permit for `count`.
  [[nodiscard]] Acquire acquire(std::size_t count = 1) { return Acquire(this, count); }
  // Empty if it would have to wait.
  [[nodiscard]] std::optional<Permit> try_acquire(std::size_t count = 1) noexcept {
    if (!take(count)) return std::nullopt;
    return Permit(this, count);
  }
  // Adds permits.
  void release(std::size_t count = 1) noexcept {
    available_ += count;
    serve();
  }

  // How much could be acquired now, and how many tasks wait for more than that.
  std::size_t available() const noexcept { return available_; }
  std::size_t waiter_count() const noexcept { return waiters_.size(); }

 private:
  bool take(std::size_t count) noexcept {
    if (!waiters_.empty() || available_ < count) return false;
    available_ -= count;
    return true;
  }
  void serve() noexcept {
    while (!waiters_.empty()) {
      const std::size_t wanted = static_cast<AcquireWait*>(waiters_.first())->count_;
      if (available_ < wanted) return;
      available_ -= wanted;
      waiters_.wake_first();
    }
  }

  std::size_t available_;
  List<Permit> permits_;  // those that are held, the newest first
  WaitQueue waiters_;
};

}  // namespace sundog
