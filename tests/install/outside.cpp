// A program of somebody else's, built against the installed copy alone.
#include <sundog/io/main.hpp>
#include <sundog/timers/sleep.hpp>

using namespace std::chrono_literals;

sundog::Task<void> nap() { co_await sundog::sleep(1ms); }

int main(int argc, char** argv) { return sundog::main(argc, argv, nap); }
