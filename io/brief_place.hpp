// brief_place: where a task was made or waits, for a line that is read by somebody in a hurry.
#pragma once

#include <source_location>
#include <string>

namespace sundog {

// "file:line in `Class::function'"; an image, which is to stay small, says the file and the line.
// Throws std::bad_alloc.
std::string describe_briefly(const std::source_location& place);

}  // namespace sundog
