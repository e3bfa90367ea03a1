#include "tests/sim/xen/grant_table.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>

#include "sundog/io/xen/machine.hpp"

namespace sundog::sim::xen {
namespace {

constexpr std::size_t page_bytes = MemoryMap::page_bytes;
constexpr std::size_t entries_per_frame = page_bytes / sizeof(grant_entry_v1_t);

std::atomic_ref<std::uint16_t> flags_of(volatile grant_entry_v1_t& entry) noexcept {
  return std::atomic_ref<std::uint16_t>(const_cast<std::uint16_t&>(entry.flags));
}

}  // namespace

volatile grant_entry_v1_t* GrantTable::entry(grant_ref_t reference) const noexcept {
  if (reference >= frames_ * entries_per_frame) return nullptr;
  return reinterpret_cast<volatile grant_entry_v1_t*>(sundog::xen::grant_table_address()) +
         reference;
}

std::size_t GrantTable::granted_count() const noexcept {
  std::size_t count = 0;
  for (grant_ref_t reference = GNTTAB_NR_RESERVED_ENTRIES; reference < frames_ * entries_per_frame;
       ++reference) {
    if (flags_of(*entry(reference)).load() != 0) ++count;
  }
  return count;
}

// --- dom0 ---------------------------------------------------------------------------------------

std::optional<GrantTable::Mapping> GrantTable::map(grant_ref_t reference, bool writable) {
  volatile grant_entry_v1_t* const found = entry(reference);
  if (found == nullptr) return std::nullopt;
  const std::uint16_t flags = flags_of(*found).load();
  const std::uintptr_t address = std::uintptr_t{found->frame} * page_bytes;
  if ((flags & GTF_type_mask) != GTF_permit_access || found->domid != 0) return std::nullopt;
  if (writable && (flags & GTF_readonly) != 0) return std::nullopt;
  if (!MemoryMap::is_ram(address)) {
    world_.fail("grants: a page that is not the domain's was granted");
    return std::nullopt;
  }
  flags_of(*found).fetch_or(static_cast<std::uint16_t>(GTF_reading | (writable ? GTF_writing : 0)));
  Pins& pins = pins_[reference];
  ++(writable ? pins.writers : pins.readers);
  pins.frame = found->frame;
  return Mapping(*this, reference, writable, reinterpret_cast<std::byte*>(address));
}

GrantTable::Mapping::~Mapping() {
  if (table_ != nullptr) table_->unmap(reference_, writable_);
}

std::byte* GrantTable::Mapping::bytes() const {
  table_->check(reference_, writable_);
  return bytes_;
}

void GrantTable::check(grant_ref_t reference, bool writable) {
  volatile grant_entry_v1_t& used = *entry(reference);
  const int needed = GTF_permit_access | GTF_reading | (writable ? GTF_writing : 0);
  if ((flags_of(used).load() & needed) != needed || used.frame != pins_[reference].frame) {
    world_.fail("grants: the domain changed a grant that dom0 was using");
  }
}

void GrantTable::unmap(grant_ref_t reference, bool writable) {
  check(reference, writable);
  Pins& pins = pins_[reference];
  --(writable ? pins.writers : pins.readers);
  const auto flags = flags_of(*entry(reference));
  if (pins.writers == 0) flags.fetch_and(static_cast<std::uint16_t>(~GTF_writing));
  if (pins.writers != 0 || pins.readers != 0) return;
  flags.fetch_and(static_cast<std::uint16_t>(~GTF_reading));
  pins_.erase(reference);
}

grant_ref_t GrantTable::offer(std::uintptr_t foreign_page, bool writable) {
  offers_[next_offer_] = {foreign_page, writable};
  return next_offer_++;
}

// --- the domain's hypercalls --------------------------------------------------------------------

long GrantTable::lend_frame(std::uint64_t index, std::uintptr_t address) {
  if (index >= frames_max) return -EINVAL;
  if (index != frames_) world_.fail("grants: the table's frames must be asked for in order");
  if (world_.strikes(Fault::no_memory)) return -ENOMEM;
  memory_.lend(address);
  ++frames_;
  return 0;
}

long GrantTable::operate(unsigned command, void* argument, unsigned count) {
  if (count != 1) return -EINVAL;
  switch (command) {
    case GNTTABOP_query_size: {
      auto& request = *static_cast<gnttab_query_size*>(argument);
      request.nr_frames = frames_;
      request.max_nr_frames = frames_max;
      request.status = GNTST_okay;
      return 0;
    }
    case GNTTABOP_copy: {
      auto& request = *static_cast<gnttab_copy*>(argument);
      request.status = copy(request);
      return 0;
    }
    case GNTTABOP_map_grant_ref:
      map_offer(*static_cast<gnttab_map_grant_ref*>(argument));
      return 0;
    case GNTTABOP_unmap_grant_ref:
      unmap_offer(*static_cast<gnttab_unmap_grant_ref*>(argument));
      return 0;
    default:
      return -ENOSYS;
  }
}

std::int16_t GrantTable::copy(const gnttab_copy& request) {
  const bool to_grant = (request.flags & GNTCOPY_dest_gref) != 0;
  const auto& own = to_grant ? request.source : request.dest;
  const auto& granted = to_grant ? request.dest : request.source;
  const auto offer = offers_.find(granted.u.ref);
  if (own.domid != DOMID_SELF || granted.domid != 0 || offer == offers_.end()) {
    return GNTST_bad_gntref;
  }
  if (to_grant && !offer->second.writable) return GNTST_permission_denied;
  if (own.offset + request.len > page_bytes || granted.offset + request.len > page_bytes) {
    return GNTST_bad_copy_arg;
  }
  if (!MemoryMap::is_ram(own.u.gmfn * page_bytes)) return GNTST_bad_page;
  void* const ours = reinterpret_cast<void*>(own.u.gmfn * page_bytes + own.offset);
  void* const theirs = reinterpret_cast<void*>(offer->second.page + granted.offset);
  std::memcpy(to_grant ? theirs : ours, to_grant ? ours : theirs, request.len);
  return GNTST_okay;
}

void GrantTable::map_offer(gnttab_map_grant_ref& request) {
  const auto offer = offers_.find(request.ref);
  const bool writable = (request.flags & GNTMAP_readonly) == 0;
  if (request.dom != 0 || offer == offers_.end()) {
    request.status = GNTST_bad_gntref;
  } else if (writable && !offer->second.writable) {
    request.status = GNTST_permission_denied;
  } else if (!MemoryMap::is_ram(request.host_addr) || world_.strikes(Fault::no_memory)) {
    request.status = GNTST_general_error;
  } else {
    memory_.show(request.host_addr, offer->second.page, writable);
    request.handle = next_handle_++;
    request.status = GNTST_okay;
    mapped_offers_[request.handle] = request.host_addr;
  }
}

void GrantTable::unmap_offer(gnttab_unmap_grant_ref& request) {
  const auto mapped = mapped_offers_.find(request.handle);
  if (mapped == mapped_offers_.end() || mapped->second != request.host_addr) {
    world_.fail("grants: the domain unmapped what it had not mapped");
    request.status = GNTST_bad_handle;
    return;
  }
  memory_.take_out(mapped->second);
  mapped_offers_.erase(mapped);
  request.status = GNTST_okay;
}

}  // namespace sundog::sim::xen
