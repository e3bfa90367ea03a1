// this wakener was moved from
#include "sundog/runtime/future.hpp"

int main() {
  auto [future, wakener] = sundog::wait<int>();
  sundog::Wakener<int> other = std::move(wakener);
  wakener.wakeup(1);
}
