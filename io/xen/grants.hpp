// Grants: pages of this domain that another domain may use, each named by a small number, its
// reference (version 1 of the table, xen/grant_table.h).
//
//   const Grant grant(backend_domain, std::move(page), Grant::Access::read_write);
//   const std::string number(Decimal(grant.reference()));
//   co_await Store::instance().write("device/vbd/51712/ring-ref", number);  // tells the other side
//
// The table is shared with Xen, which marks an entry while the other side has the page mapped or
// copies it. The page must not be used for anything else before its entry is free again: when a
// Grant ends while the other side still uses its page, entry and page are kept aside until the
// other side lets go (collect_grants), and never handed out early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "sundog/io/xen/abi.hpp"

namespace sundog::xen {

// A page of memory to share, zero at first. Owns it.
class SharedPage {
 public:
  SharedPage();  // throws std::bad_alloc
  ~SharedPage();
  SharedPage(SharedPage&& other) noexcept : bytes_(std::exchange(other.bytes_, nullptr)) {}
  SharedPage& operator=(SharedPage&&) = delete;

  // The page, 4096 bytes; null when it was given away.
  std::byte* bytes() const noexcept { return bytes_; }
  // Gives up ownership.
  std::byte* release() noexcept { return std::exchange(bytes_, nullptr); }

 private:
  std::byte* bytes_;
};

// A granted page. Destroying it takes the grant back, and then, at once or later, frees the page.
class Grant {
 public:
  enum class Access { read, read_write };

  // Throws std::system_error (ENOSPC) when the table is full.
  Grant(domid_t domain, SharedPage page, Access access);
  ~Grant();
  Grant(const Grant&) = delete;
  Grant& operator=(const Grant&) = delete;

  // What the other domain maps the page by; and the page itself.
  grant_ref_t reference() const noexcept { return reference_; }
  std::byte* bytes() const noexcept { return page_.bytes(); }

 private:
  grant_ref_t reference_;
  SharedPage page_;
};

// Pages in a row that are granted and taken back again and again, as a device's buffers are. Each
// keeps its entry of the table meanwhile, so that neither costs more than a few instructions: no
// hypercall, no search.
//
// While the other side uses a page, it cannot be taken back. Whoever destroys such pages leaves it
// to the table to keep them aside, as a Grant does.
class GrantedPages {
 public:
  // As many as fit into the set of those that are granted.
  static constexpr std::size_t count_max = 32;

  // Zero at first, and not granted. Throws std::bad_alloc, or std::system_error (ENOSPC) when the
  // table is full.
  explicit GrantedPages(std::size_t count);
  ~GrantedPages();
  GrantedPages(const GrantedPages&) = delete;
  GrantedPages& operator=(const GrantedPages&) = delete;

  // Where they begin, and how many there are.
  std::byte* bytes() const noexcept { return first_; }
  std::size_t count() const noexcept { return count_; }
  // What the other domain knows this page by.
  grant_ref_t reference(std::size_t page) const noexcept { return references_[page]; }

  // Grants those that are not granted already, which must be so to the same domain.
  void open(domid_t domain, Grant::Access access) noexcept;
  // Takes them back. False: the other side uses some of them at this moment, and keeps those.
  [[nodiscard]] bool close() noexcept;

 private:
  void give_back_references(std::size_t count) noexcept;

  std::byte* first_;
  std::size_t count_;
  std::unique_ptr<grant_ref_t[]> references_;
  // A bit for each page that is granted.
  std::uint32_t open_ = 0;
};

// Frees the pages of ended grants that the other side has let go of since; returns how many are
// still in use. Called by each new Grant, too.
std::size_t collect_grants() noexcept;

// Copies between this domain's memory and a page that `domain` granted to it, within one page each.
// std::system_error (EFAULT) when Xen refuses: a reference that is not granted, or a range that
// leaves the page.
void copy_from_grant(domid_t domain, grant_ref_t reference, std::uint16_t offset,
                     std::span<std::byte> target);
void copy_to_grant(domid_t domain, grant_ref_t reference, std::uint16_t offset,
                   std::span<const std::byte> source);

// Maps a page that another domain granted; for back ends, front ends need it not. Unmapped at its
// end.
class MappedGrant {
 public:
  MappedGrant(domid_t domain, grant_ref_t reference, Grant::Access access);  // std::system_error
  ~MappedGrant();
  MappedGrant(const MappedGrant&) = delete;
  MappedGrant& operator=(const MappedGrant&) = delete;

  // The other domain's page, which it may change at any time.
  std::byte* bytes() const noexcept { return page_; }

 private:
  void give_back() noexcept;

  std::byte* page_;
  grant_handle_t handle_;
};

}  // namespace sundog::xen
