// Notifier: wakes a task from another thread or from a signal handler (Lwt_unix.send_notification).
//
//   Notifier ready;                       // on the loop's thread
//   std::jthread worker([&] { ready.notify(); });
//   co_await ready.wait();
//
// Notifications are remembered, not counted: any number of them before the next wait() is one.
#pragma once

#include <atomic>
#include <coroutine>
#include <source_location>
#include <string>

#include "sundog/io/unix/poller.hpp"
#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/job.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog {

namespace detail {
class NotifierWait;
}

class Notifier final : private Posted {
 public:
  // Belongs to the current loop; as long as it lives the loop expects to be woken by it.
  Notifier() : poller_(UnixPoller::current()) { poller_.add_poster(); }
  // Nobody may notify() any more. A notification that is on its way is waited for.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // From any thread, and from a signal handler: lock-free, keeps errno.
  void notify() noexcept {
    if (!posted_.exchange(true, std::memory_order_acq_rel)) poller_.post(*this);
  }

  // Awaitable: waits for the next notification, or for one that has come already. One task at a
  // time.
  [[nodiscard]] Operation<detail::NotifierWait, Notifier&> wait() noexcept;

 private:
  friend class detail::NotifierWait;
  void arrived() noexcept override;

  UnixPoller& poller_;
  std::atomic<bool> posted_ = false;
  bool notified_ = false;
  detail::NotifierWait* waiter_ = nullptr;
};

namespace detail {

class NotifierWait final : private Wait {
 public:
  explicit NotifierWait(Notifier& notifier) noexcept : notifier_(notifier) {}
  bool await_ready() const noexcept { return notifier_.notified_; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    SUNDOG_ASSERT(notifier_.waiter_ == nullptr, "one task at a time waits for a notifier");
    if (suspend(frame, at)) notifier_.waiter_ = this;
  }
  void await_resume() const noexcept { notifier_.notified_ = false; }

 private:
  friend class sundog::Notifier;
  std::string describe() const override { return "notifier"; }
  void cancel() noexcept override {
    SUNDOG_PROBE("a wait for a notification was cancelled");
    notifier_.waiter_ = nullptr;
    unwind();
  }
  Notifier& notifier_;
};

}  // namespace detail

inline Operation<detail::NotifierWait, Notifier&> Notifier::wait() noexcept {
  return Operation<detail::NotifierWait, Notifier&>(*this);
}

inline void Notifier::arrived() noexcept {
  posted_.store(false, std::memory_order_release);
  notified_ = true;
  if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->wake();
}

inline Notifier::~Notifier() {
  SUNDOG_ASSERT(waiter_ == nullptr, "a notifier was destroyed while a task waits for it");
  poller_.flush_posts();
  poller_.remove_poster();
}

}  // namespace sundog
