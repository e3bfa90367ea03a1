#include "sundog/io/stop_request.hpp"

#include <csignal>

#include "sundog/io/run.hpp"
#include "tests/catch.hpp"

using namespace sundog;

namespace {

Task<int> count_requests() {
  StopRequest stop;
  ::raise(SIGTERM);  // before anybody waits: kept
  co_await stop.next();
  ::raise(SIGINT);
  co_await stop.next();
  co_return 2;
}

}  // namespace

TEST_CASE("SIGTERM and SIGINT are requests to stop, also those that came before anybody waited") {
  CHECK(run(count_requests()) == 2);
}
