// Turn: stands in line until somebody says that it may look again. For implementations of devices,
// which look, wait for a turn where there is nothing, and look again.
#pragma once

#include <coroutine>
#include <source_location>
#include <string>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog {

class Turn final : private QueuedWait {
 public:
  Turn(WaitQueue* line, const char* what) noexcept : line_(*line), what_(what) {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame,
                     std::source_location at = std::source_location::current()) {
    wait_in(line_, frame, at);
  }
  void await_resume() const noexcept {}

 private:
  std::string describe() const override { return what_; }

  WaitQueue& line_;
  const char* what_;
};

// `what` is for the task dump, and lives for ever.
inline Operation<Turn, WaitQueue*, const char*> turn_in(WaitQueue& line, const char* what) {
  return Operation<Turn, WaitQueue*, const char*>(&line, what);
}

}  // namespace sundog
