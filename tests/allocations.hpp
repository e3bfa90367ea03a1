// Counts the calling thread's allocations and makes one of them fail: operator new is replaced for
// the whole test program.
//
// Frames and other pooled objects reach operator new one by one only where the frame pool is
// bypassed (AddressSanitizer); in other builds, one of many does.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sundog::test {

// How often operator new was called.
std::uint64_t allocation_count() noexcept;
// Allocations that were made and not freed yet.
std::int64_t live_allocation_count() noexcept;
// What they take of the heap.
std::int64_t live_allocated_bytes() noexcept;

// While it lives, one allocation throws std::bad_alloc.
class FailingAllocation {
 public:
  // The n-th from now on, counted from 0; all others succeed.
  explicit FailingAllocation(std::size_t n) noexcept;
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  // It has come to pass.
  bool failed() const noexcept;
};

}  // namespace sundog::test
