// What happens to a failure that nobody can receive: it is logged, never silently lost.
//
// Where several tasks fail together, the first failure is thrown and the others end up here; so
// does the failure of a task that had lost a pick.
#pragma once

#include <exception>
#include <source_location>
#include <string>

namespace sundog {

// Logs the exception as an error, with the place that made the task.
void report_dropped(std::exception_ptr error, std::source_location origin) noexcept;

// One line for people: what() and, for a std::system_error, the code's category and number.
std::string describe_exception(std::exception_ptr error);

}  // namespace sundog
