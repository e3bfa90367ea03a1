// The loads: each runs until its meter says that it is over and prints one line of JSON.
#pragma once

#include "bench/load/meter.hpp"
#include "bench/load/options.hpp"

namespace sundog::bench {

void closed_loop(const Options& options);
void idle_connections(const Options& options);
void fixed_rate(const Options& options);
void short_connections(const Options& options);
void udp_echo(const Options& options);

}  // namespace sundog::bench
