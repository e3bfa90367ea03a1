// because 'ReturnableAs<std::basic_string<char>
#include <string>

#include "sundog/runtime/task.hpp"

sundog::Task<const std::string&> body() { co_return std::string("gone at once"); }
