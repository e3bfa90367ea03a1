// one task at a time may wait for a stream, and it must stay in its place
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/stream.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

sundog::Stream<int> slow() {
  co_await sundog::yield();
  co_yield 1;
}
sundog::Task<void> move_away(sundog::Stream<int>& from, sundog::Stream<int>& to) {
  to = std::move(from);
  co_return;
}
sundog::Task<void> body() {
  sundog::Stream<int> asked = slow();
  sundog::Stream<int> other = slow();
  co_await sundog::join(asked.next(), move_away(asked, other));
}

int main() { sundog::test::run_on_test_clock(body()); }
