// first: a Task is moved: std::move(task)
#include "sundog/runtime/join.hpp"

sundog::Task<void> nothing() { co_return; }
sundog::Task<void> body() {
  const sundog::Task<void> task = nothing();
  co_await (nothing() && task);
}
