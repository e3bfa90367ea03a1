// a Task's value cannot be aligned beyond 16 bytes
#include "sundog/runtime/task.hpp"

struct alignas(64) Line {
  char bytes[64];
};
sundog::Task<Line> body() { co_return Line(); }
