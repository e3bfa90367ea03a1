// Handover<T, Store>: values from tasks that give to tasks that take, through a store between them:
// what Channel and Mvar have in common.
//
// Values come out in the order in which they went in, each once, and those who wait are served
// first come, first served. A value goes straight to the first who waits for one, else into the
// store, and when that is full its giver waits with it. Cancelling one that waits takes its value
// back, or takes nothing; one that had been served just as it was cancelled goes on to its next
// wait.
//
// The store is first in, first out, and has empty(), full(), push(T&&), pop(), and what a task dump
// shows of those who wait: `giving` and `taking`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog::detail {

template <class T, class Store>
class Handover {
 public:
  // The arguments are the store's.
  template <class... Arguments>
  explicit Handover(Arguments&&... arguments) : store_(std::forward<Arguments>(arguments)...) {}

  class Give : public AttemptedWait<Give> {
   public:
    Give(Handover* handover, T value) : handover_(*handover), value_(std::move(value)) {}
    // False: it is closed, and the value is destroyed with the wait.
    bool await_resume() const noexcept { return given_; }

   private:
    friend class Handover;
    friend AttemptedWait<Give>;
    bool try_now() {
      given_ = handover_.try_give(value_);
      return given_ || handover_.closed_;
    }
    WaitQueue& line() noexcept { return handover_.givers_; }
    std::string describe() const override { return Store::giving; }
    const Job* waits_for(std::size_t index) const noexcept override {
      return index == 0 ? handover_.last_taker_ : nullptr;
    }
    Handover& handover_;
    T value_;
    bool given_ = false;
  };

  class Take : public AttemptedWait<Take> {
   public:
    explicit Take(Handover* handover) noexcept : handover_(*handover) {}
    // Empty: it is closed, and nothing is left.
    std::optional<T> await_resume() { return std::move(value_); }

   private:
    friend class Handover;
    friend AttemptedWait<Take>;
    bool try_now() {
      value_ = handover_.try_take();
      return value_.has_value() || handover_.closed_;
    }
    WaitQueue& line() noexcept { return handover_.takers_; }
    std::string describe() const override { return Store::taking; }
    const Job* waits_for(std::size_t index) const noexcept override {
      return index == 0 ? handover_.last_giver_ : nullptr;
    }
    Handover& handover_;
    std::optional<T> value_;
  };

  // False when there is no room or it is closed: the value is then still the caller's.
  bool try_give(T& value) {
    last_giver_ = Scheduler::running_job();
    if (closed_) {
      SUNDOG_PROBE("a value came to a closed channel");
      return false;
    }
    if (!takers_.empty()) {
      static_cast<Take&>(*takers_.first()).value_.emplace(std::move(value));
      takers_.wake_first();
      return true;
    }
    if (store_.full()) {
      SUNDOG_PROBE("there was no room for a value");
      return false;
    }
    store_.push(std::move(value));
    return true;
  }

  // Empty when there is nothing.
  std::optional<T> try_take() {
    last_taker_ = Scheduler::running_job();
    std::optional<T> value;
    if (!store_.empty()) {
      value.emplace(store_.pop());
      // There is room for one now: whoever has waited longest with a value comes in.
      if (!givers_.empty()) store_.push(std::move(first_giver().value_));
    } else if (!givers_.empty()) {
      SUNDOG_PROBE("a value went from hand to hand");
      value.emplace(std::move(first_giver().value_));
    }
    if (value.has_value() && !givers_.empty()) {
      first_giver().given_ = true;
      givers_.wake_first();
    }
    return value;
  }

  void close() {
    closed_ = true;
    if (!givers_.empty()) SUNDOG_PROBE("a channel was closed while senders wait");
    if (!takers_.empty()) SUNDOG_PROBE("a channel was closed while receivers wait");
    givers_.wake_all();
    takers_.wake_all();
  }
  bool closed() const noexcept { return closed_; }
  const Store& store() const noexcept { return store_; }

 private:
  Give& first_giver() const noexcept { return static_cast<Give&>(*givers_.first()); }

  Store store_;
  bool closed_ = false;
  // For reports of deadlocks only: they may be gone.
  const Job* last_giver_ = nullptr;
  const Job* last_taker_ = nullptr;
  WaitQueue givers_;
  WaitQueue takers_;
};

}  // namespace sundog::detail
