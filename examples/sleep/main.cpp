// Letting time pass. While a task sleeps, every other one can run.
#include "sundog/io/console.hpp"
#include "sundog/io/main.hpp"
#include "sundog/timers/sleep.hpp"

using namespace sundog;
using namespace std::chrono_literals;

Task<void> blink() {
  co_await sleep(1s);
  print("start\n");
  co_await sleep(2s);
  print("woken up\n");
}

int main(int argc, char** argv) { return sundog::main(argc, argv, blink); }
