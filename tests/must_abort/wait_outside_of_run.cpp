// this needs a running main loop: call it inside run()
#include "sundog/timers/alarm.hpp"

int main() {
  sundog::Alarm alarm(std::chrono::seconds(1), [] {});
  alarm.start();
}
