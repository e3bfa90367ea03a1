#include "bench/load/options.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "sundog/io/parameters.hpp"

namespace sundog::bench {

namespace {

struct Words : Parameters {
  Parameter<int> connections{*this, "connections", "how many", 50, {1, 1'000'000}};
  Parameter<int> pipeline{
      *this, "pipeline", "requests under way on each connection", 1, {1, 10'000}};
  Parameter<double> seconds{*this, "seconds", "how long to measure", 1.0};
  Parameter<double> warm_up{*this, "warm-up", "seconds before that, which do not count", 0.3};
  Parameter<std::uint64_t> requests{*this, "requests",
                                    "if not 0: stop after so many, and measure from the first", 0};
  Parameter<double> rate{*this, "rate", "requests a second, for mode rate", 0};
  Parameter<int> server{*this, "server",
                        "the server's process, whose CPU time and memory are read; 0 for none", 0};
};

[[noreturn]] void refuse(std::string_view why) {
  const std::string parameters = describe_parameters(Words());
  std::fprintf(stderr, "load: %.*s\n\nload closed|rate|short|idle|udp PORT [--name=value ...]\n%s",
               static_cast<int>(why.size()), why.data(), parameters.c_str());
  std::exit(2);
}

}  // namespace

Options Options::read(int argc, char** argv) {
  if (argc < 3) refuse("a mode and a port are needed");
  const auto port = ParameterType<std::uint16_t>().parse(argv[2]);
  if (!port || *port == 0) refuse("the port must be a number from 1 to 65535");

  Words words;
  const std::vector<std::string_view> arguments(argv + 3, argv + argc);
  const std::array<Parameters*, 1> sets = {&words};
  const auto problems = parse_parameters(sets, arguments);
  if (!problems.empty()) refuse(problems.front().sentence);

  Options options;
  options.mode = argv[1];
  options.port = *port;
  options.connections = *words.connections;
  options.pipeline = *words.pipeline;
  options.seconds = *words.seconds;
  options.warm_up = *words.warm_up;
  options.requests = *words.requests;
  options.rate = *words.rate;
  options.server = *words.server;
  return options;
}

}  // namespace sundog::bench
