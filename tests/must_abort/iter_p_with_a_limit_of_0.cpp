// a limit of 0 would let nothing run
#include "sundog/runtime/each_element.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

sundog::Task<void> nothing(int) { co_return; }
sundog::Task<void> body() { co_await sundog::iter_p(std::vector<int>(), nothing, 0); }

int main() { sundog::test::run_on_test_clock(body()); }
