// nobody would receive a value
#include "sundog/runtime/scope.hpp"

sundog::Task<int> seven() { co_return 7; }
void body(sundog::Scope& tasks) {
  tasks.spawn([] { return seven(); });
}
