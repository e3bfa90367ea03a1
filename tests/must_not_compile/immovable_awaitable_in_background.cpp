// first: this awaitable cannot be moved into a task
#include "sundog/runtime/future.hpp"

struct Immovable {
  Immovable() = default;
  Immovable(const Immovable&) = delete;
  Immovable& operator=(const Immovable&) = delete;
  bool await_ready() const { return true; }
  void await_suspend(std::coroutine_handle<>) const {}
  void await_resume() const {}
};
auto body() { return sundog::async(Immovable()); }
