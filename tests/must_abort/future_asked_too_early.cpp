// this future has no result yet: co_await it
#include "sundog/runtime/future.hpp"

int main() {
  auto [future, wakener] = sundog::wait<int>();
  return future.get();
}
