// there is no Unix process around a program on Xen: no threads to offload() to
#include "sundog/io/unix/offload.hpp"

sundog::Task<int> work() {
  co_return co_await sundog::offload([] { return 7; });
}
