// first: this awaitable cannot be copied: std::move it
#include "sundog/runtime/join.hpp"

sundog::Task<void> nothing() { co_return; }
sundog::Task<void> body() {
  auto both = sundog::join(nothing(), nothing());
  co_await sundog::join(both, nothing());
}
