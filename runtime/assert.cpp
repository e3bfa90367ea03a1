#include "runtime/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace sundog::detail {

void assertion_failed(const char* condition, const char* advice,
                      std::source_location where) noexcept {
  std::fprintf(stderr, "%s:%u: %s: broken assertion `%s': %s\n", where.file_name(),
               static_cast<unsigned>(where.line()), where.function_name(), condition, advice);
  std::abort();
}

}  // namespace sundog::detail
