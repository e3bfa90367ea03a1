// this guard holds no mutex
#include "sundog/runtime/condition.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

sundog::Task<void> body() {
  sundog::Mutex mutex;
  sundog::Condition<> changed;
  sundog::Mutex::Guard guard = co_await mutex.lock();
  guard.unlock();
  co_await changed.wait(guard);
}

int main() { sundog::test::run_on_test_clock(body()); }
