// a wait ends once: it was woken or cancelled before
#include "sundog/runtime/yield.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

class WokenTwice : sundog::Wait {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame) {
    if (!suspend(frame, std::source_location::current())) return;
    wake();
    wake();
  }
  void await_resume() const noexcept {}

 private:
  std::string describe() const override { return "woken twice"; }
  void cancel() noexcept override {}
};

sundog::Task<void> body() { co_await WokenTwice(); }

int main() { sundog::test::run_on_test_clock(body()); }
