#include "bench/load/options.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace sundog::bench {

namespace {

[[noreturn]] void usage(const char* program) {
  std::fprintf(stderr,
               "usage: %s closed|rate|short|idle|udp PORT [--connections=50] [--pipeline=1]\n"
               "       [--seconds=1] [--warm-up=0.3] [--requests=N] [--rate=N] [--server=PID]\n",
               program);
  std::exit(2);
}

}  // namespace

Options Options::read(int argc, char** argv) {
  if (argc < 3) usage(argv[0]);
  Options options;
  options.mode = argv[1];
  options.port = std::atoi(argv[2]);
  for (int i = 3; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto equals = argument.find('=');
    if (equals == std::string_view::npos) usage(argv[0]);
    const auto name = argument.substr(0, equals);
    const double value = std::atof(argv[i] + equals + 1);
    if (name == "--connections") {
      options.connections = static_cast<int>(value);
    } else if (name == "--pipeline") {
      options.pipeline = static_cast<int>(value);
    } else if (name == "--seconds") {
      options.seconds = value;
    } else if (name == "--warm-up") {
      options.warm_up = value;
    } else if (name == "--requests") {
      options.requests = static_cast<std::uint64_t>(value);
    } else if (name == "--rate") {
      options.rate = value;
    } else if (name == "--server") {
      options.server = static_cast<int>(value);
    } else {
      usage(argv[0]);
    }
  }
  if (options.port <= 0 || options.connections <= 0 || options.pipeline <= 0) usage(argv[0]);
  return options;
}

}  // namespace sundog::bench
