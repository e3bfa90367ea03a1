// a job was destroyed while it runs: cancel it and wait for its end first
#include "sundog/runtime/task.hpp"
#include "sundog/runtime/yield.hpp"
#include "tests/runtime/run_on_test_clock.hpp"

class Careless final : public sundog::Owner {
 public:
  explicit Careless(sundog::Task<void> task) {
    job_.attach(*this, *task.release(), std::source_location::current());
    job_.start();
  }
  std::string describe() const override { return "careless"; }
  sundog::Job* next_child(sundog::Job*) noexcept override { return nullptr; }
  std::coroutine_handle<> child_ended(sundog::Job&, bool) noexcept override {
    return std::noop_coroutine();
  }

 private:
  void cancel_below() noexcept override {}
  sundog::Job job_;
};

sundog::Task<void> nothing() { co_return; }
sundog::Task<void> body() {
  const Careless careless(nothing());
  co_return;
}

int main() { sundog::test::run_on_test_clock(body()); }
