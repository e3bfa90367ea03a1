// What is in a folder, as a page.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sundog/io/key_value.hpp"

namespace sundog::http {

// A page in HTML with a link to each name, folders first by their slash. `key` is the folder's,
// without a slash at its end, and empty for the root. Names may hold anything: they are escaped.
std::string folder_listing(std::string_view key, const std::vector<ListedName>& names);

}  // namespace sundog::http
