// bind's function must give a Future: use map for a value
#include "sundog/runtime/combinators.hpp"

auto body() { return sundog::bind(sundog::ready(1), [](const int& x) { return x; }); }
