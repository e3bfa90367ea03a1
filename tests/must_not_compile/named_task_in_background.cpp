// first: a Task is moved: std::move(task)
#include "sundog/runtime/future.hpp"

sundog::Task<void> nothing() { co_return; }
void body() {
  sundog::Task<void> task = nothing();
  const sundog::Future<void> future = sundog::async(task);
}
