// a Task is awaited once: write co_await std::move(task)
#include "sundog/runtime/task.hpp"

sundog::Task<void> nothing() { co_return; }
sundog::Task<void> body() {
  sundog::Task<void> task = nothing();
  co_await task;
}
