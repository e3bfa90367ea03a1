// pick needs at least one task: nobody would ever win
#include "sundog/runtime/pick.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

sundog::Task<void> body() { co_await sundog::pick(std::vector<sundog::Task<int>>()); }

int main() { sundog::test::run_on_test_clock(body()); }
