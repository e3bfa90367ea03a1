#include "tests/xen/made_up_grants.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/memory.hpp"

namespace {

constexpr std::uint32_t frames_max = 4;
constexpr std::size_t entries_per_frame = sundog::xen::page_bytes / sizeof(grant_entry_v1_t);
constexpr std::size_t memory_pages = 1024;

struct alignas(sundog::xen::page_bytes) Page {
  std::byte bytes[sundog::xen::page_bytes];
};
Page table[frames_max];
std::uint32_t frames = 0;
std::uintptr_t memory_start = 0;

grant_entry_v1_t& entry(grant_ref_t reference) noexcept {
  return reinterpret_cast<grant_entry_v1_t*>(table)[reference];
}

}  // namespace

extern "C" {

std::uint64_t sundog_hypercall_count = 0;
std::uint64_t sundog_hypercalls_by_number[64] = {};

// The table's size, and frames for it; nothing else.
long sundog_hypercall(unsigned number, std::uintptr_t first, std::uintptr_t second,
                      std::uintptr_t) noexcept {
  if (number == __HYPERVISOR_grant_table_op && first == GNTTABOP_query_size) {
    auto& request = *reinterpret_cast<gnttab_query_size*>(second);
    request.nr_frames = frames;
    request.max_nr_frames = frames_max;
    request.status = GNTST_okay;
    return 0;
  }
  if (number == __HYPERVISOR_memory_op && first == XENMEM_add_to_physmap) {
    ++frames;
    return 0;
  }
  return -ENOSYS;
}
}

namespace sundog::xen {

std::uintptr_t grant_table_address() noexcept { return reinterpret_cast<std::uintptr_t>(table); }

namespace made_up {

void make_memory() {
  if (memory_start != 0) return;
  void* const memory = std::aligned_alloc(page_bytes, memory_pages * page_bytes);
  memory_start = reinterpret_cast<std::uintptr_t>(memory);
  add_memory(memory_start, memory_start + memory_pages * page_bytes);
}

bool is_granted(grant_ref_t reference) noexcept {
  return reference < frames * entries_per_frame &&
         (entry(reference).flags & GTF_type_mask) == GTF_permit_access;
}
bool is_writable(grant_ref_t reference) noexcept {
  return is_granted(reference) && (entry(reference).flags & GTF_readonly) == 0;
}

std::size_t granted_count() noexcept {
  std::size_t count = 0;
  for (grant_ref_t reference = 0; reference < frames * entries_per_frame; ++reference) {
    if (is_granted(reference)) ++count;
  }
  return count;
}

// The entry has only 32 bits of the page's number. The others are those of the memory made here, or
// of this program's own, which other tests may have given to the allocator.
std::byte* granted_page(grant_ref_t reference) noexcept {
  const auto with_high_bits_of = [&](std::uintptr_t address) {
    return ((address / page_bytes >> 32 << 32) | entry(reference).frame) * page_bytes;
  };
  std::uintptr_t page = with_high_bits_of(memory_start);
  if (page - memory_start >= memory_pages * page_bytes) {
    page = with_high_bits_of(reinterpret_cast<std::uintptr_t>(table));
  }
  return reinterpret_cast<std::byte*>(page);
}

void hold(grant_ref_t reference, bool holds) noexcept {
  constexpr std::uint16_t use = GTF_reading | GTF_writing;
  auto& flags = entry(reference).flags;
  flags = static_cast<std::uint16_t>(holds ? flags | use : flags & ~use);
}

}  // namespace made_up
}  // namespace sundog::xen
