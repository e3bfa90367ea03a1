#include "sundog/runtime/language/assert.hpp"

#include <cstdlib>

#include "sundog/runtime/text/standard_error.hpp"

namespace sundog::detail {

void assertion_failed(const char* sentence) noexcept {
  write_standard_error({sentence});
  std::abort();
}

}  // namespace sundog::detail
