// Hooks: functions that the main loop calls at fixed points (Lwt_main's iteration hooks and at_exit).
//
// Loop hooks run in every turn, around the wait in the poller, on the loop's thread; they must be short and must not throw.
// Exit hooks are tasks: run() awaits them, the last added first, after the main task and all background tasks have ended,
// whether by value or by exception. A hook's own failure is logged and the others still run.
#pragma once

#include <functional>
#include <list>
#include <utility>

#include "runtime/task.hpp"

namespace sundog {

using HookList = std::list<std::function<void()>>;
using ExitHookList = std::list<std::function<Task<void>()>>;

// Keeps a loop hook in place for as long as it lives. It must not outlive the run() in which it was made.
class [[nodiscard]] Hook {
 public:
  Hook(HookList& list, std::function<void()> function)
      : list_(list), place_(list.insert(list.end(), std::move(function))) {}
  ~Hook() { list_.erase(place_); }
  Hook(const Hook&) = delete;
  Hook& operator=(const Hook&) = delete;

 private:
  HookList& list_;
  HookList::iterator place_;
};

}  // namespace sundog
