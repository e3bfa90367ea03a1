// this task is empty: it was awaited before, or moved from
#include "sundog/runtime/task.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

sundog::Task<void> body() {
  sundog::Task<void> empty;
  co_await std::move(empty);
}

int main() { sundog::test::run_on_test_clock(body()); }
