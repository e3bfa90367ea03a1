// A grant table made up for tests of what io/xen shares with other domains: grants.cpp runs on it
// as it is, with memory of the test's, and the test plays the other domain.
#pragma once

#include <cstddef>

#include "sundog/io/xen/abi.hpp"

namespace sundog::xen::made_up {

// Gives the page allocator memory, once in a process.
void make_memory();

// Whether the page of this reference is granted now, and may be written.
bool is_granted(grant_ref_t reference) noexcept;
bool is_writable(grant_ref_t reference) noexcept;
// How many are.
std::size_t granted_count() noexcept;
// The page; it must be granted.
std::byte* granted_page(grant_ref_t reference) noexcept;
// The other domain uses the page, or has let go of it.
void hold(grant_ref_t reference, bool holds) noexcept;

}  // namespace sundog::xen::made_up
