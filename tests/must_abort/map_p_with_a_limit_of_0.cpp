// a limit of 0 would let nothing run
#include "sundog/runtime/each_element.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

sundog::Task<int> same(int number) { co_return number; }
sundog::Task<void> body() { co_await sundog::map_p(std::vector<int>{1, 2}, same, 0); }

int main() { sundog::test::run_on_test_clock(body()); }
