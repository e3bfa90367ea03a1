// The smallest program.
#include "io/console.hpp"
#include "io/main.hpp"

sundog::Task<void> hello() {
  sundog::print("hello\n");
  co_return;
}

int main(int argc, char** argv) { return sundog::main(argc, argv, hello); }
