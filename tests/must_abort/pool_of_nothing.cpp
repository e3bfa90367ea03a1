// a pool must have room for at least one member
#include "sundog/runtime/pool.hpp"

int main() {
  const auto create = []() -> sundog::Task<int> { co_return 1; };
  const sundog::Pool<int> pool(0, create);
}
