// was destroyed while a task waits for it
#include "sundog/runtime/mutex.hpp"

#include <optional>

#include "sundog/runtime/scope.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

sundog::Task<void> lock(sundog::Mutex& mutex) {
  const sundog::Mutex::Guard guard = co_await mutex.lock();
}
sundog::Task<void> body() {
  std::optional<sundog::Mutex> mutex(std::in_place);
  sundog::Mutex::Guard guard = co_await mutex->lock();
  const auto tasks_body = [&](sundog::Scope& tasks) -> sundog::Task<void> {
    tasks.spawn(lock(*mutex));
    co_await sundog::yield();
    mutex.reset();
  };
  co_await sundog::scope(tasks_body);
}

int main() { sundog::test::run_on_test_clock(body()); }
