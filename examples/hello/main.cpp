// The smallest program.
#include "sundog/io/console.hpp"
#include "sundog/io/main.hpp"

sundog::Task<void> hello() {
  sundog::print("hello\n");
  co_return;
}

int main(int argc, char** argv) { return sundog::main(argc, argv, hello); }
