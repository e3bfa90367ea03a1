// EventCount: how an event handler tells tasks that something has happened (Reed and Kanodia,
// "Synchronization with Eventcounts and Sequencers", 1979).
//
// A count that only rises. A task reads the count, looks at its ring, finds nothing, and waits for
// the count to pass what it read: whatever happened between the look and the wait has raised the
// count, so it cannot be missed. (Waiting for "the next event" instead would sleep through it.)
//
//   const auto seen = events.count();
//   ...                              // a look, which finds nothing
//   co_await events.after(seen);
//
// Any number of tasks may wait; all are woken. An event count outlives its waits.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>

#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/list.hpp"

namespace sundog::xen {

class EventCount {
 public:
  // `what` is what a task dump shows, a literal. Waits for a background count do not keep the main
  // loop alive: a program in which every task waits for one of those is deadlocked.
  enum class Kind : std::uint8_t { foreground, background };
  explicit EventCount(const char* what, Kind kind = Kind::foreground) noexcept
      : what_(what), kind_(kind) {}
  EventCount(const EventCount&) = delete;
  EventCount& operator=(const EventCount&) = delete;

  // How often advance() was called.
  std::uint64_t count() const noexcept { return count_; }

  // Adds one to the count and wakes everybody who waits. Called by event handlers, out of the
  // poller.
  void advance();

  class After;
  // Awaitable: continues once the count is more than `seen`; at once if it is already.
  [[nodiscard]] After after(std::uint64_t seen) noexcept;

  // How many foreground waits there are, over all counts.
  static std::size_t foreground_waits() noexcept { return foreground_waits_; }

 private:
  static inline constinit std::size_t foreground_waits_ = 0;

  const char* what_;
  Kind kind_;
  std::uint64_t count_ = 0;
  List<After> waits_;
};

// What after() gives to co_await.
class EventCount::After final : private Wait, private ListLink {
 public:
  After(EventCount& events, std::uint64_t seen) noexcept : events_(events), seen_(seen) {}
  ~After() { leave(); }

  bool await_ready() const noexcept { return events_.count_ > seen_; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    if (!suspend(frame, at)) return;
    events_.waits_.add(*this);
    if (events_.kind_ == Kind::foreground) ++foreground_waits_;
  }
  void await_resume() const noexcept {}

 private:
  friend class EventCount;
  friend class List<After>;

  std::string describe() const override { return events_.what_; }
  void wake_up() { wake(); }
  void cancel() noexcept override {
    leave();
    unwind();
  }
  void leave() noexcept {
    if (!listed()) return;
    events_.waits_.remove(*this);
    if (events_.kind_ == Kind::foreground) --foreground_waits_;
  }

  EventCount& events_;
  std::uint64_t seen_;
};

inline void EventCount::advance() {
  ++count_;
  while (After* waiting = waits_.first()) {
    waiting->leave();
    waiting->wake_up();
  }
}

inline EventCount::After EventCount::after(std::uint64_t seen) noexcept {
  return After(*this, seen);
}

}  // namespace sundog::xen
