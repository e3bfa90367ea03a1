// call to implicitly-deleted copy constructor of 'sundog::Task<void>'
#include "runtime/task.hpp"

sundog::Task<void> body(const sundog::Task<void>& task) { return task; }
