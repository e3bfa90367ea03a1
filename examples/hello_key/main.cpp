// Boot parameters:  ./sundog run hello_key --hello="Good morning" --count=2
#include "examples/hello_key/config.hpp"
#include "sundog/io/console.hpp"
#include "sundog/io/main.hpp"
#include "sundog/timers/sleep.hpp"

using namespace sundog;

Task<void> greet(hello_key::HelloKey& key) {
  for (int i = 0; i < *key.count; ++i) {
    if (i > 0) co_await sleep(*key.pause);
    print("{}\n", *key.hello);
  }
}

int main(int argc, char** argv) { return sundog::main(argc, argv, greet); }
