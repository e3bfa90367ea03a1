// call to implicitly-deleted copy constructor of 'sundog::Task<void>'
#include "sundog/runtime/task.hpp"

sundog::Task<void> body(const sundog::Task<void>& task) { return task; }
