// Deadlines: a task that makes it, and one that is cancelled.
#include "sundog/timers/timeout.hpp"

#include <optional>
#include <string>

#include "sundog/io/console.hpp"
#include "sundog/io/main.hpp"
#include "sundog/timers/sleep.hpp"

using namespace sundog;
using namespace std::chrono_literals;

// What a task holds is given back when it ends, however it ends.
class Table {
 public:
  ~Table() { print("  the table is free again\n"); }
};

Task<std::string> cook(std::string dish, Duration duration) {
  const Table table;
  print("cooking {}\n", dish);
  co_await sleep(duration);
  co_return dish;
}

Task<void> dine() {
  const std::optional<std::string> quick = co_await try_timeout(cook("soup", 1s), 2s);
  print("served: {}\n", quick.value_or("nothing"));

  // At the deadline the task ends where it waits: its frames are destroyed, no exception is thrown
  // in it.
  const std::optional<std::string> slow = co_await try_timeout(cook("roast", 1h), 2s);
  print("served: {}\n", slow.value_or("nothing"));
}

int main(int argc, char** argv) { return sundog::main(argc, argv, dine); }
