// first: a Task is moved: std::move(task)
#include "sundog/runtime/join.hpp"

sundog::Task<void> nothing() { co_return; }
sundog::Task<void> body() {
  sundog::Task<void> task = nothing();
  co_await sundog::join(nothing(), task);
}
