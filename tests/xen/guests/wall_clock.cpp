// Says what it takes for the time, again and again until it is asked to stop: by the device, and by
// the C library, in seconds since 1970.
#include <chrono>
#include <cstdio>
#include <ctime>

#include "sundog/io/run.hpp"
#include "sundog/io/stop_request.hpp"
#include "sundog/io/xen/wall_clock.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/timers/sleep.hpp"

using namespace std::chrono_literals;

namespace sundog {
namespace {

Task<void> tell_time() {
  const XenWallClock clock;
  for (;;) {
    const auto device_s =
        std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch()).count();
    const long long library_s = std::time(nullptr);
    std::printf("time %lld %lld\n", static_cast<long long>(device_s), library_s);
    co_await sleep(200ms);
  }
}

Task<void> wall_clock() {
  StopRequest stop;
  co_await pick(tell_time(), stop.next());
}

}  // namespace
}  // namespace sundog

int main() { sundog::run(sundog::wall_clock()); }
