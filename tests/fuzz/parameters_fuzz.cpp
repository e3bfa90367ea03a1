// Arguments, one a line, as an outsider may write them. Every type's values print to a text that
// reads back the same; problems quote what was wrong; nothing throws.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "sundog/io/parameters.hpp"

using namespace sundog;

namespace {

enum class Side { heads, tails };

struct Everything : Parameters {
  Parameter<std::string> text{*this, "text", "a text", "none"};
  Parameter<bool> flag{*this, "flag", "a switch", false};
  Parameter<std::int64_t> number{*this, "number", "a number", 3};
  Parameter<std::uint16_t> port{*this, "port", "a port", 8080};
  Parameter<double> ratio{*this, "ratio", "a ratio", 0.5, {0.0, 1.0}};
  Parameter<Duration> pause{*this, "pause", "a pause", Duration(5)};
  Parameter<ByteCount> room{*this, "room", "a size", kibibytes(4)};
  Parameter<Side> side{
      *this, "side", "a side", Side::heads, {{"heads", Side::heads}, {"tails", Side::tails}}};
  Parameter<std::optional<int>> maybe{*this, "maybe", "a number", std::nullopt};
  Parameter<std::vector<Duration>> list{*this, "list", "durations", {}};
};

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

void check(bool condition) {
  if (!condition) std::abort();
}

template <class T>
void check_round_trip(const ParameterType<T>& type, const T& value) {
  const auto again = type.parse(type.print(value));
  check(again && *again == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto arguments = split_lines({reinterpret_cast<const char*>(data), size});

  Everything everything;
  const std::array<Parameters*, 1> sets = {&everything};
  const auto problems = parse_parameters(sets, arguments);
  check(problems.size() <= arguments.size());
  for (const ParameterProblem& problem : problems)
    check(problem.sentence.find(": ") != std::string::npos);

  check_round_trip({}, *everything.number);
  check_round_trip({}, *everything.port);
  check_round_trip({}, *everything.ratio);
  check_round_trip({}, *everything.pause);
  check_round_trip({}, *everything.room);
  check_round_trip({}, *everything.maybe);
  check_round_trip({}, *everything.list);
  check(*everything.ratio >= 0 && *everything.ratio <= 1);
  check(*everything.pause >= Duration::zero());
  return 0;
}
