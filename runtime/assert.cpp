#include "runtime/assert.hpp"

#include <charconv>
#include <cstdlib>

#include "runtime/standard_error.hpp"

namespace sundog::detail {

void assertion_failed(const char* condition, const char* advice,
                      std::source_location where) noexcept {
  char digits[10];
  const auto end = std::to_chars(digits, digits + sizeof digits, where.line()).ptr;
  const std::string_view line(digits, static_cast<std::size_t>(end - digits));
  write_standard_error({where.file_name(), ":", line, ": ", where.function_name(),
                        ": broken assertion `", condition, "': ", advice, "\n"});
  std::abort();
}

}  // namespace sundog::detail
