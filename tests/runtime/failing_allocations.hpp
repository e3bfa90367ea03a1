// Makes the n-th allocation of the program throw std::bad_alloc: operator new is replaced for the
// whole test program.
//
// Frames and other pooled objects reach operator new one by one only where the frame pool is
// bypassed (AddressSanitizer); in other builds, one of many does.
#pragma once

#include <cstddef>

namespace sundog::test {

class FailingAllocation {
 public:
  // The n-th allocation from now on fails, counted from 0; all others succeed.
  explicit FailingAllocation(std::size_t n) noexcept;
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  // It has come to pass.
  bool failed() const noexcept;
};

// Allocations that were made and not freed yet.
std::size_t live_allocation_count() noexcept;

}  // namespace sundog::test
