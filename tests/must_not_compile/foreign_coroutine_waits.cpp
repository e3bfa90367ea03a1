// only coroutines of this runtime (Task, Stream) can wait
#include "sundog/timers/sleep.hpp"

struct Foreign {
  struct promise_type {
    Foreign get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void unhandled_exception() {}
    void return_void() {}
  };
};
Foreign body() { co_await sundog::sleep(std::chrono::seconds(1)); }
