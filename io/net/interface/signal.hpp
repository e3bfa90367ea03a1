// Signal: something has happened that a task waits for. It stays raised until a task has seen it,
// so that nothing is missed between two waits.
#pragma once

#include <coroutine>
#include <source_location>
#include <string>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog::net {

class Signal {
 public:
  class Wait;

  void raise() noexcept {
    raised_ = true;
    if (!waiting_.empty()) waiting_.wake_first();
  }
  // Takes it down again. `what` is for the task dump, and lives for ever.
  Operation<Wait, Signal*, const char*> wait(const char* what);

 private:
  WaitQueue waiting_;
  bool raised_ = false;
};

class Signal::Wait final : public AttemptedWait<Signal::Wait> {
 public:
  Wait(Signal* signal, const char* what) noexcept : signal_(*signal), what_(what) {}
  void await_resume() const noexcept { signal_.raised_ = false; }

  bool try_now() const noexcept { return signal_.raised_; }
  WaitQueue& line() const noexcept { return signal_.waiting_; }

 private:
  std::string describe() const override { return what_; }

  Signal& signal_;
  const char* what_;
};

inline Operation<Signal::Wait, Signal*, const char*> Signal::wait(const char* what) {
  return Operation<Wait, Signal*, const char*>(this, what);
}

}  // namespace sundog::net
