// Monads: one way of going on, for values that may be missing and for values that take time. Each
// has a return (here unit, for return is a keyword) and a bind, and both keep the same three laws.
#include "examples/monads/option.hpp"
#include "examples/monads/task.hpp"
#include "sundog/io/console.hpp"
#include "sundog/io/main.hpp"
#include "sundog/timers/sleep.hpp"

using namespace sundog;
using namespace std::chrono_literals;

// --- option: known when the program is compiled ---

constexpr std::optional<int> half(int number) {
  if (number % 2 != 0) return std::nullopt;
  return number / 2;
}
constexpr std::optional<int> less_one(int number) { return number - 1; }
constexpr auto half_less_one = [](int number) { return option::bind(half(number), less_one); };

static_assert(option::bind(option::unit(42), half) == half(42));                      // left unit
static_assert(option::bind(half(42), option::unit<int>) == half(42));                 // right unit
static_assert(option::bind(option::bind(option::unit(42), half), less_one) ==         // associative
              option::bind(option::unit(42), half_less_one));
static_assert(option::bind(half(21), less_one) == std::nullopt);

void show_options() {
  print("half of half of 84: {}\n", option::bind(half(84), half).value());
  const std::optional<int> none = option::bind(half(42), half);
  print("half of half of 42: {}\n", none ? "some" : "none");
}

// --- tasks: known when they have run ---

Task<int> slow_half(int number) {
  co_await sleep(1ms);
  co_return number / 2;
}
Task<int> slow_less_one(int number) {
  co_await sleep(1ms);
  co_return number - 1;
}
Task<int> slow_half_less_one(int number) {
  return task::bind(slow_half(number), slow_less_one);
}

Task<void> show_tasks() {
  const int left = co_await task::bind(task::unit(42), slow_half);
  const int right = co_await task::bind(slow_half(42), task::unit<int>);
  const int plain = co_await slow_half(42);
  print("left unit: {} = {}\n", left, plain);
  print("right unit: {} = {}\n", right, plain);

  const int inside =
      co_await task::bind(task::bind(task::unit(42), slow_half), slow_less_one);
  const int outside = co_await task::bind(task::unit(42), slow_half_less_one);
  print("associative: {} = {}\n", inside, outside);
}

Task<void> monads() {
  show_options();
  co_await show_tasks();
}

int main(int argc, char** argv) { return sundog::main(argc, argv, monads); }
