// The neutral load client: one thread on epoll, the same for every server.
#include <cstdio>

#include "bench/load/loads.hpp"

int main(int argc, char** argv) {
  using namespace sundog::bench;
  const Options options = Options::read(argc, argv);
  if (options.mode == "closed") {
    closed_loop(options);
  } else if (options.mode == "rate") {
    fixed_rate(options);
  } else if (options.mode == "short") {
    short_connections(options);
  } else if (options.mode == "idle") {
    idle_connections(options);
  } else if (options.mode == "udp") {
    udp_echo(options);
  } else {
    std::fprintf(stderr, "there is no load named %s\n", options.mode.c_str());
    return 2;
  }
}
