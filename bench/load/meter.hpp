// Meter: when a run warms up, measures and ends, and what it measured: requests, their latencies,
// and over the same span the server's CPU time. A load asks `running()` once a turn of its loop.
#pragma once

#include <cstdint>

#include "bench/load/histogram.hpp"
#include "bench/load/options.hpp"

namespace sundog::bench {

std::uint64_t clock_ns();

class Meter {
 public:
  explicit Meter(const Options& options);

  // False when the run is over. Moves from warming up to measuring when it is time.
  bool running();

  void completed(std::uint64_t latency_ns, std::uint64_t requests = 1) {
    requests_ += requests;
    latencies_.count(latency_ns);
  }

  // One line of JSON on standard output. Call while the connections are still open: the server's
  // memory is read now.
  void print() const;

 private:
  void begin_measuring();

  Options options_;
  std::uint64_t begin_ns_;
  std::uint64_t end_ns_ = 0;
  bool measuring_ = false;
  std::uint64_t requests_ = 0;
  std::uint64_t server_begin_ns_ = 0;
  std::uint64_t server_end_ns_ = 0;
  Histogram latencies_;
};

// The server's CPU time so far in ns, all its threads; 0 without a server.
std::uint64_t server_cpu_ns(int server);
// Resident memory in bytes; 0 without a server.
std::uint64_t server_resident(int server);

}  // namespace sundog::bench
