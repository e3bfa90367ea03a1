// 58 everyday ways to write co_await, each a small coroutine whose answer is known and after which
// no object may be left alive or be destroyed twice. g++ 12 gets 18 of them wrong at every level of
// optimisation; clang 17 and later none. meson runs them when it configures (probe.cpp), and they
// stay as a test (await_shapes_test.cpp), so that a change of compiler shows itself. Knows nothing
// of Sundog: its Task is the least that can be awaited.
#pragma once

#include <array>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace await_shapes {

// --- the least Task ---

template <class T>
class Task {
 public:
  struct promise_type {
    std::coroutine_handle<> awaiting = std::noop_coroutine();
    std::optional<T> value;
    std::exception_ptr exception;

    struct Final {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(
          std::coroutine_handle<promise_type> frame) const noexcept {
        return frame.promise().awaiting;
      }
      void await_resume() const noexcept {}
    };

    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Final final_suspend() const noexcept { return {}; }
    void return_value(T result) { value.emplace(std::move(result)); }
    void unhandled_exception() { exception = std::current_exception(); }
  };

  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    frame_.promise().awaiting = awaiting;
    return frame_;
  }
  T await_resume() {
    if (frame_.promise().exception) std::rethrow_exception(frame_.promise().exception);
    return std::move(*frame_.promise().value);
  }

  /// Runs to the end; nothing here waits for anything outside.
  T run() {
    frame_.resume();
    return await_resume();
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

// --- what is passed about ---

/// Counts its objects: a destructor run twice shows as `live` below where it was, one left out as
/// `live` above.
struct Counted {
  static inline int live = 0;
  static inline int copies = 0;
  static inline int moves = 0;

  int value;

  explicit Counted(int initial = 0) : value(initial) { ++live; }
  Counted(const Counted& other) : value(other.value) { ++live, ++copies; }
  Counted(Counted&& other) noexcept : value(other.value) { ++live, ++moves; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --live; }
};

struct Aggregate {
  Counted part;
  int extra = 0;
};

struct Options {
  int limit = 0;
  Counted part{};
};

/// The cure for both: the same with a constructor.
struct Constructed {
  Counted part;
  int extra;
  Constructed(int value, int more) : part(value), extra(more) {}
};

struct AggregateAwaiter {
  Counted part;
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  int await_resume() const noexcept { return part.value; }
};

struct AggregateAwaitable {
  Counted part;
  auto operator co_await() const noexcept { return AggregateAwaiter{part}; }
};

struct ConstructedAwaiter {
  Counted part;
  explicit ConstructedAwaiter(int value) : part(value) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  int await_resume() const noexcept { return part.value; }
};

inline Task<int> number(int value) { co_return value; }
inline Task<bool> truth(bool value) { co_return value; }
inline Task<Counted> counted(int value) { co_return Counted(value); }
inline Task<int> take(Counted part) { co_return part.value; }
inline Task<int> take_reference(const Counted& part) { co_return part.value; }
inline Task<int> take_aggregate(Aggregate both) { co_return both.part.value + both.extra; }
inline Task<int> take_aggregate_reference(const Aggregate& both) {
  co_return both.part.value + both.extra;
}
inline Task<int> take_options(Options options) { co_return options.limit; }
inline Task<int> take_constructed(Constructed both) { co_return both.part.value + both.extra; }
inline Task<int> take_constructed_reference(const Constructed& both) {
  co_return both.part.value + both.extra;
}
inline Task<int> take_string(std::string text) { co_return static_cast<int>(text.size()); }
inline Task<int> take_unique(std::unique_ptr<Counted> part) { co_return part->value; }
inline Task<int> take_shared(std::shared_ptr<Counted> part) { co_return part->value; }
inline Task<int> take_function(std::function<int()> function) { co_return function(); }
inline Aggregate make_aggregate() { return Aggregate{Counted(3), 4}; }
inline int sum(int left, int right) { return left + right; }

template <class Function>
Task<int> call(Function function) {
  co_return function();
}

struct Service {
  int base = 100;
  Task<int> aggregate(Aggregate both) { co_return base + both.part.value + both.extra; }
  Task<int> constructed(Constructed both) { co_return base + both.part.value + both.extra; }
};

// --- shapes that g++ 12 gets wrong ---

inline Task<int> aggregate_as_argument() {
  co_return co_await take_aggregate(Aggregate{Counted(3), 4});
}
inline Task<int> designated_as_argument() { co_return co_await take_options({.limit = 7}); }
inline Task<int> aggregate_by_reference() {
  co_return co_await take_aggregate_reference(Aggregate{Counted(3), 4});
}
inline Task<int> aggregate_to_method() {
  Service service;
  co_return co_await service.aggregate(Aggregate{Counted(3), 4}) - service.base;
}
inline Task<int> aggregate_awaiter() { co_return co_await AggregateAwaiter{Counted(7)}; }
inline Task<int> aggregate_awaitable() { co_return co_await AggregateAwaitable{Counted(7)}; }
inline Task<int> await_in_aggregate() {
  Aggregate both{Counted(3), co_await number(4)};
  co_return both.part.value + both.extra;
}
inline Task<int> capturing_lambda() {
  Counted part(7);
  co_return co_await call([part] { return part.value; });
}
inline Task<int> capturing_lambda_in_function() {
  Counted part(7);
  co_return co_await take_function(std::function<int()>([part] { return part.value; }));
}
inline Task<int> capturing_tuple() {
  co_return co_await call([both = std::tuple(Counted(3), Counted(4))] {
    return std::get<0>(both).value + std::get<1>(both).value;
  });
}
inline Task<int> choice_around_await() {
  const bool yes = co_await truth(true);
  const Counted part = yes ? co_await counted(7) : co_await counted(1);
  co_return part.value;
}
inline Task<int> choice_in_argument() {
  const bool yes = co_await truth(true);
  co_return co_await take(yes ? Counted(7) : Counted(1));
}

/// How often the loops below still go round; a local variable would hide the fault.
inline int rounds_left = 0;
inline int rounds_done = 0;
inline Task<bool> another_round() { co_return rounds_left-- > 0; }

inline Task<int> condition_of_if() {
  if (co_await truth(true)) co_return 7;
  co_return 0;
}
inline Task<int> condition_of_while() {
  while (co_await another_round()) ++rounds_done;
  co_return rounds_done;
}
inline Task<int> condition_of_do() {
  do ++rounds_done;
  while (co_await another_round());
  co_return rounds_done - 1;
}
inline Task<int> condition_of_for() {
  for (; co_await another_round();) ++rounds_done;
  co_return rounds_done;
}
inline Task<int> condition_of_switch() {
  switch (co_await number(3)) {
    case 3:
      co_return 7;
    default:
      co_return 0;
  }
}
inline Task<int> condition_inside_try() {
  try {
    if (co_await truth(true)) rounds_done = 7;
  } catch (...) {
    rounds_done = 1;
  }
  co_return rounds_done;
}

// --- shapes that every compiler we know gets right ---

inline Task<int> class_as_argument() { co_return co_await take_constructed(Constructed(3, 4)); }
inline Task<int> class_by_reference() {
  co_return co_await take_constructed_reference(Constructed(3, 4));
}
inline Task<int> class_to_method() {
  Service service;
  co_return co_await service.constructed(Constructed(3, 4)) - service.base;
}
inline Task<int> class_awaiter() { co_return co_await ConstructedAwaiter(7); }
inline Task<int> string_as_argument() {
  co_return co_await take_string(std::string("a string too long to be kept in place")) - 30;
}
inline Task<int> unique_pointer_as_argument() {
  co_return co_await take_unique(std::make_unique<Counted>(7));
}
inline Task<int> shared_pointer_as_argument() {
  co_return co_await take_shared(std::make_shared<Counted>(7));
}
inline Task<int> named_copied() {
  Counted part(7);
  co_return co_await take(part);
}
inline Task<int> named_moved() {
  Counted part(7);
  co_return co_await take(std::move(part));
}
inline Task<int> named_by_reference() {
  Counted part(7);
  co_return co_await take_reference(part);
}
inline Task<int> aggregate_from_function() { co_return co_await take_aggregate(make_aggregate()); }
inline Task<int> named_aggregate_copied() {
  Aggregate both{Counted(3), 4};
  co_return co_await take_aggregate(both);
}
inline Task<int> named_aggregate_moved() {
  Aggregate both{Counted(3), 4};
  co_return co_await take_aggregate(std::move(both));
}
inline Task<int> task_made_first() {
  auto task = take_aggregate(Aggregate{Counted(3), 4});
  co_return co_await std::move(task);
}
inline Task<int> named_lambda_copied() {
  const auto function = [part = Counted(7)] { return part.value; };
  co_return co_await call(function);
}
inline Task<int> named_lambda_moved() {
  auto function = [part = Counted(7)] { return part.value; };
  co_return co_await call(std::move(function));
}
inline Task<int> captureless_lambda() {
  co_return co_await call([] { return 7; });
}
inline Task<int> captureless_lambda_coroutine() {
  const auto coroutine = [](Counted part) -> Task<int> { co_return part.value; };
  co_return co_await coroutine(Counted(7));
}
inline Task<int> named_function() {
  const std::function<int()> function = [part = Counted(7)] { return part.value; };
  co_return co_await take_function(function);
}
inline Task<int> await_in_argument() { co_return sum(co_await take(Counted(3)), 4); }
inline Task<int> awaits_in_both_arguments() {
  co_return sum(co_await take(Counted(3)), co_await take(Counted(4)));
}
inline Task<int> await_in_await() { co_return co_await take(co_await counted(7)); }
inline Task<int> await_in_arithmetic() {
  co_return co_await take(Counted(10)) - co_await number(3);
}
inline Task<int> comparison_then_if() {
  const bool equal = co_await take(Counted(3)) == 3;
  if (equal) co_return 7;
  co_return 0;
}

inline Task<std::pair<Counted, int>> counted_pair() {
  co_return std::pair<Counted, int>(Counted(3), 4);
}
inline Task<std::tuple<Counted, Counted>> counted_tuple() {
  co_return std::tuple(Counted(3), Counted(4));
}
inline Task<std::vector<Counted>> counted_vector() {
  std::vector<Counted> parts;
  parts.emplace_back(3);
  parts.emplace_back(4);
  co_return parts;
}

inline Task<int> bound_pair() {
  const auto [part, extra] = co_await counted_pair();
  co_return part.value + extra;
}
inline Task<int> bound_tuple() {
  auto both = co_await counted_tuple();
  auto& [left, right] = both;
  co_return left.value + right.value;
}
inline Task<int> range_awaited() {
  int total = 0;
  for (const auto& part : co_await counted_vector()) total += part.value;
  co_return total;
}
inline Task<int> await_in_range_body() {
  int total = 0;
  const std::vector<int> values = {3, 4};
  for (const int value : values) total += co_await take(Counted(value));
  co_return total;
}
inline Task<int> switch_on_named() {
  const int value = co_await take(Counted(3));
  switch (value) {
    case 3:
      co_return 7;
    default:
      co_return 0;
  }
}
inline Task<int> while_on_named() {
  int total = 0;
  for (;;) {
    const int value = co_await take(Counted(1));
    total += value;
    if (total == 7) co_return total;
  }
}

inline Task<int> throw_with(Counted part) {
  if (part.value != 0) throw std::runtime_error("thrown on purpose");
  co_return 0;
}
inline Task<int> throw_is_caught() {
  int result = 0;
  try {
    result = co_await throw_with(Counted(1));
  } catch (const std::runtime_error&) {
    result = 7;
  }
  co_return result;
}
inline Task<int> throw_past_locals() {
  Counted local(1);
  const int result = co_await throw_with(local);
  co_return result + local.value;
}
inline Task<int> throw_through_two() {
  int result = 0;
  try {
    result = co_await throw_past_locals();
  } catch (const std::runtime_error&) {
    result = 7;
  }
  co_return result;
}
inline Task<int> throw_beside_temporaries() {
  int result = 0;
  try {
    result = sum(co_await take(Counted(1)), co_await throw_with(Counted(2)));
  } catch (const std::runtime_error&) {
    result = 7;
  }
  co_return result;
}
inline Task<int> one_move_for_a_temporary() {
  Counted::copies = Counted::moves = 0;
  const int value = co_await take(Counted(6));
  const bool right = Counted::copies == 0 && Counted::moves == 1;
  co_return value + (right ? 1 : 0);
}
inline Task<int> one_copy_and_move_for_a_name() {
  const Counted part(6);
  Counted::copies = Counted::moves = 0;
  const int value = co_await take(part);
  const bool right = Counted::copies == 1 && Counted::moves == 1;
  co_return value + (right ? 1 : 0);
}
inline Task<int> object_returned() {
  const Counted part = co_await counted(7);
  co_return part.value;
}
inline Task<std::unique_ptr<Counted>> unique_counted(int value) {
  co_return std::make_unique<Counted>(value);
}
inline Task<int> unique_pointer_returned() {
  const auto part = co_await unique_counted(7);
  co_return part->value;
}
inline Task<int> never_started() {
  const auto task = take(Counted(1));
  const int result = co_await number(7);
  co_return result;
}
inline Task<int> scopes_end_in_order() {
  int inside = 0;
  {
    const Counted first(1);
    const Counted second(co_await number(2));
    inside = Counted::live;
  }
  co_return 5 + inside - Counted::live;
}
inline Task<int> returned_directly() { co_return co_await take(Counted(7)); }

// --- the table ---

struct Shape {
  const char* name;
  Task<int> (*coroutine)();
  const char* bug;  ///< what g++ 12 does with it; nullptr where it is right
};

inline constexpr const char* destroyed_twice = "temporaries are destroyed twice, GCC PR 99576";
inline constexpr const char* frame_not_initialised = "the frame is not initialised, GCC PR 106188";

/// Every shape answers 7.
inline constexpr int right_answer = 7;

inline constexpr std::array<Shape, 58> shapes = {{
    {"co_await f(Aggregate{...})", aggregate_as_argument, destroyed_twice},
    {"co_await f({.limit = 7})", designated_as_argument, destroyed_twice},
    {"co_await f(Aggregate{...}) by const&", aggregate_by_reference, destroyed_twice},
    {"co_await object.method(Aggregate{...})", aggregate_to_method, destroyed_twice},
    {"co_await AggregateAwaiter{...}", aggregate_awaiter, destroyed_twice},
    {"co_await AggregateAwaitable{...}", aggregate_awaitable, destroyed_twice},
    {"Aggregate both{part, co_await f()}", await_in_aggregate, destroyed_twice},
    {"co_await f([part] {...})", capturing_lambda, destroyed_twice},
    {"co_await f(std::function([part] {...}))", capturing_lambda_in_function, destroyed_twice},
    {"co_await f([both = std::tuple(...)] {...})", capturing_tuple, destroyed_twice},
    {"yes ? co_await f(...) : co_await g(...)", choice_around_await, destroyed_twice},
    {"co_await f(yes ? a : b)", choice_in_argument, destroyed_twice},
    {"if (co_await f())", condition_of_if, frame_not_initialised},
    {"while (co_await f())", condition_of_while, frame_not_initialised},
    {"do ... while (co_await f())", condition_of_do, frame_not_initialised},
    {"for (; co_await f();)", condition_of_for, frame_not_initialised},
    {"switch (co_await f())", condition_of_switch, frame_not_initialised},
    {"try { if (co_await f()) }", condition_inside_try, frame_not_initialised},

    {"co_await f(Class(...))", class_as_argument, nullptr},
    {"co_await f(Class(...)) by const&", class_by_reference, nullptr},
    {"co_await object.method(Class(...))", class_to_method, nullptr},
    {"co_await ClassAwaiter(...)", class_awaiter, nullptr},
    {"co_await f(std::string(...))", string_as_argument, nullptr},
    {"co_await f(std::make_unique(...))", unique_pointer_as_argument, nullptr},
    {"co_await f(std::make_shared(...))", shared_pointer_as_argument, nullptr},
    {"co_await f(named), copied", named_copied, nullptr},
    {"co_await f(std::move(named))", named_moved, nullptr},
    {"co_await f(named) by const&", named_by_reference, nullptr},
    {"co_await f(make_aggregate())", aggregate_from_function, nullptr},
    {"co_await f(named_aggregate)", named_aggregate_copied, nullptr},
    {"co_await f(std::move(named_aggregate))", named_aggregate_moved, nullptr},
    {"auto task = f(Aggregate{...}); co_await std::move(task)", task_made_first, nullptr},
    {"co_await f(named_lambda)", named_lambda_copied, nullptr},
    {"co_await f(std::move(named_lambda))", named_lambda_moved, nullptr},
    {"co_await f([] {...})", captureless_lambda, nullptr},
    {"co_await captureless_lambda_coroutine(...)", captureless_lambda_coroutine, nullptr},
    {"co_await f(named_function)", named_function, nullptr},
    {"f(co_await g(), 4)", await_in_argument, nullptr},
    {"f(co_await g(), co_await h())", awaits_in_both_arguments, nullptr},
    {"co_await f(co_await g())", await_in_await, nullptr},
    {"co_await f() - co_await g()", await_in_arithmetic, nullptr},
    {"const bool equal = co_await f() == 3; if (equal)", comparison_then_if, nullptr},
    {"const auto [part, extra] = co_await f()", bound_pair, nullptr},
    {"auto& [left, right] = named", bound_tuple, nullptr},
    {"for (part : co_await f())", range_awaited, nullptr},
    {"for (value : values) co_await f()", await_in_range_body, nullptr},
    {"switch (named)", switch_on_named, nullptr},
    {"for (;;) { const int value = co_await f(); }", while_on_named, nullptr},
    {"try { co_await f() } catch", throw_is_caught, nullptr},
    {"an exception past locals and a frame", throw_through_two, nullptr},
    {"an exception beside temporaries", throw_beside_temporaries, nullptr},
    {"a temporary is moved once into the frame", one_move_for_a_temporary, nullptr},
    {"a name is copied once and moved once", one_copy_and_move_for_a_name, nullptr},
    {"const Class part = co_await f()", object_returned, nullptr},
    {"const auto pointer = co_await f()", unique_pointer_returned, nullptr},
    {"a task that is never started", never_started, nullptr},
    {"inner scopes end before what follows", scopes_end_in_order, nullptr},
    {"co_return co_await f(Class(...))", returned_directly, nullptr},
}};

/// Runs one shape; true if its answer is right and every object was destroyed once.
inline bool holds(const Shape& shape) {
  Counted::live = 0;
  rounds_left = right_answer;
  rounds_done = 0;
  const int answer = shape.coroutine().run();
  return answer == right_answer && Counted::live == 0;
}

}  // namespace await_shapes
