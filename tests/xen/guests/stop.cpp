// Serves until it is asked to stop, then finishes what is under way, which takes two seconds.
#include <chrono>

#include "sundog/io/console.hpp"
#include "sundog/io/run.hpp"
#include "sundog/io/stop_request.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;

namespace sundog {
namespace {

Task<void> serve() {
  StopRequest stop;
  print("serving\n");
  co_await stop.next();
  print("finishing\n");
  co_await sleep(2s);
  print("finished\n");
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::serve()); }
