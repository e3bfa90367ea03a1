// failure: what the kernel refused, as an exception that says what helps.
#pragma once

#include <string>
#include <system_error>

namespace sundog {

// To be thrown: `what` failed with this errno. Where descriptors have run out, the text says what
// to do about it.
std::system_error failure(int error, const std::string& what);

}  // namespace sundog
