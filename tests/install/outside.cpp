// A program of somebody else's, built against the installed copy alone.
#include <chrono>
#include <io/sundog.hpp>

using namespace std::chrono_literals;

sundog::Task<int> nap() {
  co_await sundog::sleep(1ms);
  co_return 0;
}

int main() { return sundog::run(nap()); }
