// The last resort for words: straight to standard error, with no memory, no buffer and no C stream.
// An image for Xen is 10 KB smaller for not having those.
#pragma once

#include <initializer_list>
#include <string_view>

namespace sundog::detail {

// Writes the parts, `parts_max` at most, as one text. A failure is ignored: there is nobody left to
// tell.
inline constexpr std::size_t parts_max = 16;
void write_standard_error(std::initializer_list<std::string_view> parts) noexcept;

}  // namespace sundog::detail
