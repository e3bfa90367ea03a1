#include "sundog/runtime/text/standard_error.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace sundog::detail {

void write_standard_error(std::initializer_list<std::string_view> parts) noexcept {
  std::array<iovec, parts_max> pieces;
  const std::size_t count = std::min(parts.size(), pieces.size());
  std::transform(parts.begin(), parts.begin() + count, pieces.begin(), [](std::string_view part) {
    return iovec{const_cast<char*>(part.data()), part.size()};
  });
  static_cast<void>(!::writev(STDERR_FILENO, pieces.data(), static_cast<int>(count)));
}

}  // namespace sundog::detail
