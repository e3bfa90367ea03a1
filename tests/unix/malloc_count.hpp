// Counts calls of operator new in the test program.
#pragma once

#include <cstdint>

namespace sundog::test {

std::uint64_t allocation_count() noexcept;

}  // namespace sundog::test
