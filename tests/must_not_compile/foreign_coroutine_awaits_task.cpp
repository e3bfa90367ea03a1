// only coroutines of this runtime (Task, Stream) can await a Task
#include "sundog/runtime/task.hpp"

struct Foreign {
  struct promise_type {
    Foreign get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void unhandled_exception() {}
    void return_void() {}
  };
};
sundog::Task<void> nothing() { co_return; }
Foreign body() { co_await nothing(); }
