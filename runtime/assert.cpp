#include "runtime/assert.hpp"

#include <cstdlib>

#include "runtime/standard_error.hpp"

namespace sundog::detail {

void assertion_failed(const char* sentence) noexcept {
  write_standard_error({sentence});
  std::abort();
}

}  // namespace sundog::detail
