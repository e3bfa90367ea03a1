// first: a Task is moved: std::move(task)
#include "sundog/runtime/scope.hpp"

sundog::Task<void> nothing() { co_return; }
void body(sundog::Scope& tasks) {
  sundog::Task<void> task = nothing();
  tasks.spawn(task);
}
