// this needs a running main loop: call it inside run()
#include "sundog/timers/sleep.hpp"

int main() { static_cast<void>(sundog::sleep(std::chrono::seconds(1))); }
