// Mvar<T>: a place for one value: put() waits until it is empty, take() until it is full
// (Lwt_mvar).
//
// Those who wait are served first come, first served. Cancelling a put that waits takes its value
// back; a take that had been given its value just as it was cancelled goes on with it to its next
// wait.
#pragma once

#include <coroutine>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog {

template <class T>
class Mvar {
 public:
  using value_type = T;

  // Empty, or full with a value.
  Mvar() = default;
  explicit Mvar(T value) : value_(std::move(value)) {}

  class PutWait final : private QueuedWait {
   public:
    PutWait(Mvar* mvar, T value) : mvar_(*mvar), value_(std::move(value)) {}
    bool await_ready() { return mvar_.put_now(value_); }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame,
                       std::source_location at = std::source_location::current()) {
      wait_in(mvar_.putters_, frame, at);
    }
    void await_resume() const noexcept {}

   private:
    friend class Mvar;
    std::string describe() const override { return "mvar (to put)"; }
    const Job* waits_for(std::size_t index) const noexcept override {
      return index == 0 ? mvar_.last_taker_ : nullptr;
    }
    Mvar& mvar_;
    T value_;
  };

  class TakeWait final : private QueuedWait {
   public:
    explicit TakeWait(Mvar* mvar) noexcept : mvar_(*mvar) {}
    bool await_ready() {
      value_ = mvar_.take_available();
      return value_.has_value();
    }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> frame,
                       std::source_location at = std::source_location::current()) {
      wait_in(mvar_.takers_, frame, at);
    }
    T await_resume() { return std::move(*value_); }

   private:
    friend class Mvar;
    std::string describe() const override { return "mvar (to take)"; }
    const Job* waits_for(std::size_t index) const noexcept override {
      return index == 0 ? mvar_.last_putter_ : nullptr;
    }
    Mvar& mvar_;
    std::optional<T> value_;
  };
  using Put = Operation<PutWait, Mvar*, T>;
  using Take = Operation<TakeWait, Mvar*>;

  [[nodiscard]] Put put(T value) { return Put(this, std::move(value)); }
  // Awaitable of T.
  [[nodiscard]] Take take() { return Take(this); }
  // Takes without waiting: empty when there is nothing.
  [[nodiscard]] std::optional<T> take_available() {
    last_taker_ = Scheduler::running_job();
    std::optional<T> taken = std::move(value_);
    value_.reset();
    if (taken.has_value() && !putters_.empty()) {
      value_.emplace(std::move(static_cast<PutWait*>(putters_.first())->value_));
      putters_.wake_first();
    }
    return taken;
  }
  bool empty() const noexcept { return !value_.has_value(); }

 private:
  bool put_now(T& value) {
    last_putter_ = Scheduler::running_job();
    if (!takers_.empty()) {
      static_cast<TakeWait*>(takers_.first())->value_.emplace(std::move(value));
      takers_.wake_first();
      return true;
    }
    if (value_.has_value()) {
      SUNDOG_PROBE("an mvar was full");
      return false;
    }
    value_.emplace(std::move(value));
    return true;
  }

  std::optional<T> value_;
  // For reports of deadlocks only: they may be gone.
  const Job* last_putter_ = nullptr;
  const Job* last_taker_ = nullptr;
  WaitQueue putters_;
  WaitQueue takers_;
};

}  // namespace sundog
