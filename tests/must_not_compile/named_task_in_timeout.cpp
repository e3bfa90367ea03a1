// first: a Task is moved: std::move(task)
#include "sundog/timers/timeout.hpp"

sundog::Task<void> nothing() { co_return; }
sundog::Task<void> body() {
  sundog::Task<void> task = nothing();
  co_await sundog::timeout(task, std::chrono::seconds(1));
}
