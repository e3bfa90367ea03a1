// this task is empty: it was awaited before, or moved from
#include "sundog/runtime/task.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

sundog::Task<int> seven() { co_return 7; }
sundog::Task<void> body() {
  sundog::Task<int> task = seven();
  co_await std::move(task);
  co_await std::move(task);
}

int main() { sundog::test::run_on_test_clock(body()); }
