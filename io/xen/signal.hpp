// Signal: how an event handler tells tasks that something has happened.
//
// A signal is a count that only rises. A task reads the count, looks at its ring, finds nothing,
// and waits for the count to pass what it read: what happened between the look and the wait has
// raised the count, so it cannot be missed. (Waiting for "the next event" instead would sleep
// through it.)
//
//   const auto seen = signal.count();
//   ... nothing there ...
//   co_await signal.after(seen);
//
// Any number of tasks may wait; all are woken. A signal outlives its waits.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>

#include "sundog/runtime/job.hpp"
#include "sundog/runtime/link.hpp"

namespace sundog::xen {

class Signal {
 public:
  // `what` is what a task dump shows, a literal. A background signal does not count as something
  // that the main loop may wait for with no deadline: while only such waits are left, a program
  // that waits for nothing else is deadlocked.
  enum class Kind : std::uint8_t { foreground, background };
  explicit Signal(const char* what, Kind kind = Kind::foreground) noexcept
      : what_(what), kind_(kind) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  std::uint64_t count() const noexcept { return count_; }

  // Adds one to the count and wakes everybody who waits. Called by event handlers, out of the
  // poller.
  void raise();

  class After;
  // Awaitable: continues once the count is more than `seen`; at once if it is already.
  [[nodiscard]] After after(std::uint64_t seen) noexcept;

  // How many foreground waits there are, over all signals.
  static std::size_t foreground_waits() noexcept { return foreground_waits_; }

 private:
  static inline constinit std::size_t foreground_waits_ = 0;

  const char* what_;
  Kind kind_;
  std::uint64_t count_ = 0;
  After* first_ = nullptr;
};

class Signal::After final : private Wait {
 public:
  After(Signal& signal, std::uint64_t seen) noexcept : signal_(signal), seen_(seen) {}
  ~After() { leave(); }

  bool await_ready() const noexcept { return signal_.count_ > seen_; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (!suspend(frame, at)) return;
    joined_ = true;
    next_ = signal_.first_;
    if (next_ != nullptr) next_->before_ = this;
    signal_.first_ = this;
    if (signal_.kind_ == Kind::foreground) ++foreground_waits_;
  }
  void await_resume() const noexcept {}

 private:
  friend class Signal;

  std::string describe() const override { return signal_.what_; }
  void wake_up() { wake(); }
  void cancel() noexcept override {
    leave();
    unwind();
  }
  void leave() noexcept {
    if (!joined_) return;
    joined_ = false;
    (before_ != nullptr ? before_->next_ : signal_.first_) = next_;
    if (next_ != nullptr) next_->before_ = before_;
    before_ = next_ = nullptr;
    if (signal_.kind_ == Kind::foreground) --foreground_waits_;
  }

  Signal& signal_;
  std::uint64_t seen_;
  bool joined_ = false;
  After* before_ = nullptr;
  After* next_ = nullptr;
};

inline void Signal::raise() {
  ++count_;
  while (first_ != nullptr) {
    After& waiting = *first_;
    waiting.leave();
    waiting.wake_up();
  }
}

inline Signal::After Signal::after(std::uint64_t seen) noexcept { return After(*this, seen); }

}  // namespace sundog::xen
