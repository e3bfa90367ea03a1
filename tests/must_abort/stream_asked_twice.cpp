// one task at a time may wait for a stream
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/stream.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

sundog::Stream<int> slow() {
  co_await sundog::yield();
  co_yield 1;
}
sundog::Task<void> body() {
  sundog::Stream<int> stream = slow();
  co_await sundog::join(stream.next(), stream.next());
}

int main() { sundog::test::run_on_test_clock(body()); }
