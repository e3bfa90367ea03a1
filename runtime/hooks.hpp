// Hooks: functions that the main loop calls at fixed points (Lwt_main's iteration hooks and
// at_exit).
//
// Loop hooks run in every turn, around the wait in the poller, on the loop's thread; they must be
// short and must not throw. Exit hooks are tasks: run() awaits them, the last added first, after
// the main task and all background tasks have ended, whether by value or by exception. A hook's own
// failure is logged and the others still run.
#pragma once

#include <functional>
#include <utility>

#include "sundog/runtime/in_frame.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// Keeps a loop hook in place for as long as it lives. It must not outlive the run() in which it was
// made, and a hook must not remove itself while it runs.
class [[nodiscard]] Hook final : TurnHook {
 public:
  Hook(TurnHooks& list, std::function<void()> function)
      : TurnHook(list), function_(std::move(function)) {}

 private:
  void call() override { function_(); }

  std::function<void()> function_;
};

// Calls `function` in every turn before the loop waits (Lwt_main.Enter_iter_hooks).
inline Hook before_wait(std::function<void()> function) {
  return Hook(Scheduler::current().before_wait, std::move(function));
}
// Calls `function` in every turn after the loop has waited (Lwt_main.Leave_iter_hooks).
inline Hook after_wait(std::function<void()> function) {
  return Hook(Scheduler::current().after_wait, std::move(function));
}
// Has run() await function() at its end (Lwt_main.at_exit).
inline void at_exit(std::function<Task<void>()> function) {
  Scheduler::current().at_exit.push_back(detail::invoke_in_frame(std::move(function)));
}

}  // namespace sundog
