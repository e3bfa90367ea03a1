// first: a Task is moved: std::move(task)
#include "sundog/io/run.hpp"

sundog::Task<void> nothing() { co_return; }
void body() {
  sundog::Task<void> task = nothing();
  sundog::run(task);
}
