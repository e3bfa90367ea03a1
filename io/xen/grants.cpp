#include "sundog/io/xen/grants.hpp"

#include <atomic>
#include <cerrno>
#include <new>
#include <system_error>
#include <vector>

#include "sundog/io/xen/hypercall.hpp"
#include "sundog/io/xen/machine.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/io/xen/set_up.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {
namespace {

constexpr std::size_t entries_per_frame = page_bytes / sizeof(grant_entry_v1_t);

struct Ended {
  grant_ref_t reference;
  std::byte* page;
};

// The table grows by a frame at a time. Entries are never given back to Xen, only used again.
class Table {
 public:
  static Table& instance() {
    static Table table;
    static constinit SetUpStep again{[] { table.map_frames(); }};
    static const bool added = (add_set_up_step(again), true);
    static_cast<void>(added);
    return table;
  }

  // Puts the frames that are in use at their addresses; what they hold is Xen's to keep.
  void map_frames() {
    for (std::uint32_t frame = 0; frame < frames_; ++frame) {
      if (map_frame(frame) != 0)
        throw std::system_error(ENOMEM, std::generic_category(), "map the grant table");
    }
  }

  grant_ref_t take() {
    collect();
    if (free_.empty() && !grow()) {
      SUNDOG_PROBE("the grant table was full");
      throw std::system_error(ENOSPC, std::generic_category(), "the grant table is full");
    }
    const grant_ref_t reference = free_.back();
    free_.pop_back();
    return reference;
  }

  void open(grant_ref_t reference, domid_t domain, std::uintptr_t address,
            bool read_only) noexcept {
    volatile grant_entry_v1_t& entry = entries()[reference];
    entry.domid = domain;
    entry.frame = static_cast<std::uint32_t>(address / page_bytes);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // the flags make the entry valid
    entry.flags = static_cast<std::uint16_t>(GTF_permit_access | (read_only ? GTF_readonly : 0));
  }

  // Takes the right away unless the other side is using it at this moment.
  static bool close(grant_ref_t reference) noexcept {
    std::atomic_ref<std::uint16_t> flags(const_cast<std::uint16_t&>(entries()[reference].flags));
    std::uint16_t before = flags.load();
    do {
      if ((before & (GTF_reading | GTF_writing)) != 0) return false;
    } while (!flags.compare_exchange_weak(before, 0));
    return true;
  }

  // One that is closed.
  void give_back(grant_ref_t reference) noexcept {
    free_.push_back(reference);  // has room: see grow()
  }

  void close_later(grant_ref_t reference, std::byte* page) noexcept {
    SUNDOG_PROBE("a grant ended while the other side used it");
    ended_.push_back({reference, page});
  }

  std::size_t collect() noexcept {
    std::erase_if(ended_, [&](const Ended& ended) {
      if (!close(ended.reference)) return false;
      give_back(ended.reference);
      free_pages(ended.page, 1);
      return true;
    });
    return ended_.size();
  }

 private:
  static volatile grant_entry_v1_t* entries() noexcept {
    return reinterpret_cast<volatile grant_entry_v1_t*>(grant_table_address());
  }

  static long map_frame(std::uint32_t frame) noexcept {
    xen_add_to_physmap request{};
    request.domid = DOMID_SELF;
    request.space = XENMAPSPACE_grant_table;
    request.idx = frame;
    request.gpfn = grant_table_address() / page_bytes + frame;
    return memory_op(XENMEM_add_to_physmap, &request);
  }

  bool grow() {
    gnttab_query_size size{DOMID_SELF, 0, 0, 0};
    if (grant_table_op(GNTTABOP_query_size, &size, 1) != 0 || frames_ == size.max_nr_frames)
      return false;
    if (map_frame(frames_) != 0) return false;
    ++frames_;
    // Room is made now, so that giving an entry back never allocates.
    free_.reserve(frames_ * entries_per_frame);
    ended_.reserve(frames_ * entries_per_frame);
    const std::size_t start = (frames_ - 1) * entries_per_frame;
    for (std::size_t entry = start + entries_per_frame; entry-- > start;) {
      if (entry >= GNTTAB_NR_RESERVED_ENTRIES) free_.push_back(static_cast<grant_ref_t>(entry));
    }
    return true;
  }

  std::uint32_t frames_ = 0;
  std::vector<grant_ref_t> free_;
  std::vector<Ended> ended_;
};

void copy(gnttab_copy request) {
  if (grant_table_op(GNTTABOP_copy, &request, 1) != 0 || request.status != GNTST_okay) {
    SUNDOG_PROBE("a copy of a granted page was refused");
    throw std::system_error(EFAULT, std::generic_category(), "copy of a granted page");
  }
}

// Our side of a copy is named by frame: memory is mapped one to one. The range must not leave its
// page.
void copy_within_pages(gnttab_copy request, std::uintptr_t address, bool to_grant) {
  auto& own = to_grant ? request.source : request.dest;
  own.u.gmfn = address / page_bytes;
  own.domid = DOMID_SELF;
  own.offset = static_cast<std::uint16_t>(address % page_bytes);
  request.flags = to_grant ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
  copy(request);
}

// Gives the memory of one page to Xen, or asks for some in its place.
bool change_reservation(unsigned operation, std::byte* page) noexcept {
  xen_pfn_t frame = reinterpret_cast<std::uintptr_t>(page) / page_bytes;
  xen_memory_reservation reservation{};
  reservation.extent_start.p = &frame;
  reservation.nr_extents = 1;
  reservation.domid = DOMID_SELF;
  return memory_op(operation, &reservation) == 1;
}

}  // namespace

SharedPage::SharedPage() : bytes_(static_cast<std::byte*>(allocate_pages(1))) {
  if (bytes_ == nullptr) throw std::bad_alloc();
}

SharedPage::~SharedPage() {
  if (bytes_ != nullptr) free_pages(bytes_, 1);
}

Grant::Grant(domid_t domain, SharedPage page, Access access)
    : reference_(Table::instance().take()), page_(std::move(page)) {
  Table::instance().open(reference_, domain, reinterpret_cast<std::uintptr_t>(bytes()),
                         access == Access::read);
}

Grant::~Grant() {
  Table& table = Table::instance();
  if (table.close(reference_)) {
    table.give_back(reference_);
  } else {
    table.close_later(reference_, page_.release());
  }
}

GrantedPages::GrantedPages(std::size_t count)
    : first_(static_cast<std::byte*>(allocate_pages(count))), count_(count) {
  SUNDOG_ASSERT(count >= 1 && count <= count_max, "so many pages in a row are not granted");
  if (first_ == nullptr) throw std::bad_alloc();
  std::size_t taken = 0;
  try {
    references_ = std::make_unique_for_overwrite<grant_ref_t[]>(count);
    for (; taken < count; ++taken) references_[taken] = Table::instance().take();
  } catch (...) {
    give_back_references(taken);
    free_pages(first_, count);
    throw;
  }
}

GrantedPages::~GrantedPages() {
  if (close()) {
    give_back_references(count_);
    free_pages(first_, count_);
    return;
  }
  Table& table = Table::instance();
  for (std::size_t page = 0; page < count_; ++page) {
    std::byte* const bytes = first_ + page * page_bytes;
    if ((open_ >> page & 1) != 0) {
      table.close_later(references_[page], bytes);
    } else {
      table.give_back(references_[page]);
      free_pages(bytes, 1);
    }
  }
}

void GrantedPages::give_back_references(std::size_t count) noexcept {
  for (std::size_t page = 0; page < count; ++page) {
    Table::instance().give_back(references_[page]);
  }
}

void GrantedPages::open(domid_t domain, Grant::Access access) noexcept {
  for (std::size_t page = 0; page < count_; ++page) {
    if ((open_ >> page & 1) != 0) continue;
    Table::instance().open(references_[page], domain,
                           reinterpret_cast<std::uintptr_t>(first_ + page * page_bytes),
                           access == Grant::Access::read);
    open_ |= std::uint32_t{1} << page;
  }
}

bool GrantedPages::close() noexcept {
  for (std::size_t page = 0; page < count_; ++page) {
    if ((open_ >> page & 1) == 0) continue;
    if (Table::close(references_[page])) open_ &= ~(std::uint32_t{1} << page);
  }
  return open_ == 0;
}

std::size_t collect_grants() noexcept { return Table::instance().collect(); }

void copy_from_grant(domid_t domain, grant_ref_t reference, std::uint16_t offset,
                     std::span<std::byte> target) {
  gnttab_copy request{};
  request.source.u.ref = reference;
  request.source.domid = domain;
  request.source.offset = offset;
  request.len = static_cast<std::uint16_t>(target.size());
  copy_within_pages(request, reinterpret_cast<std::uintptr_t>(target.data()), false);
}

void copy_to_grant(domid_t domain, grant_ref_t reference, std::uint16_t offset,
                   std::span<const std::byte> source) {
  gnttab_copy request{};
  request.dest.u.ref = reference;
  request.dest.domid = domain;
  request.dest.offset = offset;
  request.len = static_cast<std::uint16_t>(source.size());
  copy_within_pages(request, reinterpret_cast<std::uintptr_t>(source.data()), true);
}

MappedGrant::MappedGrant(domid_t domain, grant_ref_t reference, Grant::Access access)
    : page_(SharedPage().release()) {
  // Mapped over memory, the frame beneath would stay ours and out of reach: it goes back to Xen.
  if (!change_reservation(XENMEM_decrease_reservation, page_)) {
    SUNDOG_PROBE("Xen did not take a page to make room for a granted one");
    free_pages(page_, 1);
    throw std::system_error(ENOMEM, std::generic_category(), "make room for a granted page");
  }
  gnttab_map_grant_ref request{};
  request.host_addr = reinterpret_cast<std::uint64_t>(page_);
  request.flags = GNTMAP_host_map | (access == Grant::Access::read ? GNTMAP_readonly : 0u);
  request.ref = reference;
  request.dom = domain;
  if (grant_table_op(GNTTABOP_map_grant_ref, &request, 1) != 0 || request.status != GNTST_okay) {
    SUNDOG_PROBE("a granted page was not mapped");
    give_back();
    throw std::system_error(EFAULT, std::generic_category(), "map a granted page");
  }
  handle_ = request.handle;
}

MappedGrant::~MappedGrant() {
  gnttab_unmap_grant_ref request{};
  request.host_addr = reinterpret_cast<std::uint64_t>(page_);
  request.handle = handle_;
  grant_table_op(GNTTABOP_unmap_grant_ref, &request, 1);
  give_back();
}

// Memory comes back to where the page was. If Xen has none any more, the hole must never be used.
void MappedGrant::give_back() noexcept {
  if (change_reservation(XENMEM_populate_physmap, page_)) free_pages(page_, 1);
}

}  // namespace sundog::xen
