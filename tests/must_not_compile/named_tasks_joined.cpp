// first: a vector of tasks is moved: std::move(tasks)
#include "sundog/runtime/join.hpp"

sundog::Task<void> body(std::vector<sundog::Task<void>> tasks) { co_await sundog::join(tasks); }
