// there is no Unix process around a program on Xen
#include "sundog/io/unix/signals.hpp"

sundog::Task<int> hang_up() {
  sundog::Signals signals({1});
  co_return co_await signals.next();
}
