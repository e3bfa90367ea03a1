// Two tasks at once: waiting for both, then for the first.
#include "sundog/io/console.hpp"
#include "sundog/io/main.hpp"
#include "sundog/runtime/choose.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/timers/sleep.hpp"

using namespace sundog;
using namespace std::chrono_literals;

Task<void> heads() {
  co_await sleep(1s);
  print("Heads\n");
}

Task<void> tails() {
  co_await sleep(2s);
  print("Tails\n");
}

Task<void> flip() {
  co_await join(heads(), tails());
  print("Finished\n");

  // Only the first is waited for. The other goes on by itself, here until the program ends.
  co_await choose(async(heads()), async(tails()));
  print("Finished\n");
}

int main(int argc, char** argv) { return sundog::main(argc, argv, flip); }
