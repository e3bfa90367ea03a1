// Counts this program's allocations, and makes one of them fail.
#pragma once

#include <cstddef>

namespace sundog::http {

// How often operator new was called.
std::size_t allocation_count();

// While it lives, the allocation that comes after `survivors` others throws std::bad_alloc, once.
class FailingAllocation {
 public:
  explicit FailingAllocation(std::size_t survivors);
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  // Whether it came to that.
  bool happened() const;
};

}  // namespace sundog::http
