// The load client's options, and their reading: `load MODE PORT --NAME=VALUE...`.
#pragma once

#include <cstdint>
#include <string>

namespace sundog::bench {

struct Options {
  std::string mode;  // closed, rate, short, idle or udp
  int port = 0;
  int connections = 50;
  int pipeline = 1;            // requests under way on each connection
  double seconds = 1.0;        // measured, after
  double warm_up = 0.3;        // these, which are not
  std::uint64_t requests = 0;  // if not 0: stop after so many, and measure from the first
  double rate = 0;             // requests/s, for mode rate
  int server = 0;              // the server's process, whose CPU time and memory are read; 0: none

  // Prints the usage and exits when the arguments are wrong.
  static Options read(int argc, char** argv);
};

}  // namespace sundog::bench
