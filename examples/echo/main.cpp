#include "examples/echo/echo.hpp"
#include "io/run.hpp"
#include "io/unix/socket.hpp"
#include <cstring>
#include <cstdlib>
using namespace sundog;
Task<void> start() {
  Acceptor listener(Address::parse("0.0.0.0:7007"));
  log::info("echo listens on {}", listener.local_address().to_string());
  co_await echo::serve(std::move(listener));
}
int main(int argc, char** argv) {
  if (argc > 1) choose_poller(std::strcmp(argv[1], "--poller=epoll") == 0 ? PollerChoice::epoll : PollerChoice::uring);
  run(start());
}
