// Hooks: functions that the main loop calls at fixed points (Lwt_main's iteration hooks and
// at_exit).
//
// Loop hooks run in every turn, around the wait in the poller, on the loop's thread; they must be
// short and must not throw. Exit hooks are tasks: run() awaits them, the last added first, after
// the main task and all background tasks have ended, whether by value or by exception. A hook's own
// failure is logged and the others still run. Background tasks that a hook leaves behind are
// cancelled and awaited before the next hook begins, or run() returns. A hook may add others.
#pragma once

#include <functional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "sundog/runtime/awaitable.hpp"
#include "sundog/runtime/exit_hook.hpp"
#include "sundog/runtime/in_frame.hpp"
#include "sundog/runtime/language/callback.hpp"
#include "sundog/runtime/scheduler.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

// Keeps a loop hook in place for as long as it lives. It must not outlive the run() in which it was
// made. The function may add and remove hooks, its own too.
class [[nodiscard]] Hook final : TurnHook {
 public:
  Hook(TurnHooks& list, std::function<void()> function)
      : TurnHook(list), function_(std::move(function)) {}

 private:
  void call() override { function_(); }  // which may destroy this

  Callback function_;
};

// Calls `function` in every turn before the loop waits (Lwt_main.Enter_iter_hooks).
inline Hook before_wait(std::function<void()> function) {
  return Hook(Scheduler::current().before_wait, std::move(function));
}
// Calls `function` in every turn after the loop has waited (Lwt_main.Leave_iter_hooks).
inline Hook after_wait(std::function<void()> function) {
  return Hook(Scheduler::current().after_wait, std::move(function));
}
// Has run() await function() at its end (Lwt_main.at_exit). The function lives as long as what it
// gives. Throws std::bad_alloc. A failure is logged with the place of this call.
template <class Function>
void at_exit(Function function, std::source_location origin = std::source_location::current()) {
  static_assert(std::is_void_v<await_result_t<std::invoke_result_t<Function&>>>,
                "at_exit() takes a function that gives a Task<void>: nobody would receive a value");
  Scheduler::current().at_exit.push_back({detail::invoke_in_frame(std::move(function)), origin});
}

}  // namespace sundog
