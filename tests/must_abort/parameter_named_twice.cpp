// two parameters have the same name
#include <array>

#include "sundog/io/parameters.hpp"

namespace {

struct Twice : sundog::Parameters {
  sundog::Parameter<int> first{*this, "port", "a port", 1};
  sundog::Parameter<int> second{*this, "port", "the same", 2};
};

}  // namespace

int main() {
  Twice twice;
  const std::array<sundog::Parameters*, 1> sets = {&twice};
  return static_cast<int>(sundog::parse_parameters(sets, {}).size());
}
