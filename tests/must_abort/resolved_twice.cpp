// a future is resolved once: this one has its result already
#include "sundog/runtime/future.hpp"

int main() {
  auto [future, wakener] = sundog::wait<int>();
  wakener.wakeup(1);
  wakener.wakeup(2);
}
