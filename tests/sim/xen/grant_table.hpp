// GrantTable: Xen's side of grants (version 1, xen/grant_table.h): the table of the domain, of
// which dom0 maps and copies pages, and what dom0 grants to the domain.
//
// While dom0 has a page mapped, its entry says so (GTF_reading, GTF_writing) and must stay as it
// is: a domain that clears it, or hands out the page, is found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "sundog/io/sim/world.hpp"
#include "sundog/io/xen/abi.hpp"
#include "tests/sim/xen/memory_map.hpp"

namespace sundog::sim::xen {

class GrantTable {
 public:
  static constexpr std::uint32_t frames_max = 4;

  GrantTable(World& world, MemoryMap& memory) : world_(world), memory_(memory) {}

  // --- for dom0
  // -----------------------------------------------------------------------------------

  // A page of the domain's that dom0 has mapped. Unmapped at its end. Move-only.
  class Mapping {
   public:
    Mapping(Mapping&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)),
          reference_(other.reference_),
          writable_(other.writable_),
          bytes_(other.bytes_) {}
    Mapping& operator=(Mapping&&) = delete;
    ~Mapping();
    // The page; checks that the domain has left the grant as it was.
    std::byte* bytes() const;

   private:
    friend class GrantTable;
    Mapping(GrantTable& table, grant_ref_t reference, bool writable, std::byte* bytes) noexcept
        : table_(&table), reference_(reference), writable_(writable), bytes_(bytes) {}
    GrantTable* table_;
    grant_ref_t reference_;
    bool writable_;
    std::byte* bytes_;
  };
  // Empty when it is not granted to dom0, or not for writing.
  std::optional<Mapping> map(grant_ref_t reference, bool writable);

  // A page of dom0's own, granted to the domain, until withdraw.
  grant_ref_t offer(std::uintptr_t foreign_page, bool writable);
  void withdraw(grant_ref_t reference) { offers_.erase(reference); }

  // How many pages the domain has granted to dom0.
  std::size_t granted_count() const noexcept;
  // How many pages of the domain dom0 has mapped.
  std::size_t mapped_count() const noexcept { return pins_.size(); }

  // --- for the hypercalls
  // -------------------------------------------------------------------------

  long operate(unsigned command, void* argument, unsigned count);
  // XENMEM_add_to_physmap for a frame of the table.
  long lend_frame(std::uint64_t index, std::uintptr_t address);

 private:
  struct Pins {
    std::uint32_t readers = 0;
    std::uint32_t writers = 0;
    std::uint32_t frame = 0;
  };
  struct Offer {
    std::uintptr_t page;
    bool writable;
  };

  volatile grant_entry_v1_t* entry(grant_ref_t reference) const noexcept;
  void check(grant_ref_t reference, bool writable);
  void unmap(grant_ref_t reference, bool writable);
  std::int16_t copy(const gnttab_copy& request);
  void map_offer(gnttab_map_grant_ref& request);
  void unmap_offer(gnttab_unmap_grant_ref& request);

  World& world_;
  MemoryMap& memory_;
  std::uint32_t frames_ = 0;
  std::map<grant_ref_t, Pins> pins_;
  std::map<grant_ref_t, Offer> offers_;
  grant_ref_t next_offer_ = 8;
  // The domain's mappings of offers, by handle.
  std::map<grant_handle_t, std::uintptr_t> mapped_offers_;
  grant_handle_t next_handle_ = 0;
};

}  // namespace sundog::sim::xen
