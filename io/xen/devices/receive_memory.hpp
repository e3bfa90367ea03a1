// ReceiveMemory: the pages that a network device receives into.
//
// A page is the back end's to write into while it is posted, and nobody else's. When a frame has
// come, its grant is taken back before anybody looks at it: what a parser has checked, no back end
// can change any more. A page that a back end does not let go of gets another one in its place.
#pragma once

#include <cstddef>
#include <memory>

#include "sundog/io/packet.hpp"
#include "sundog/io/xen/grants.hpp"

namespace sundog::xen {

class ReceiveMemory final : public PacketOwner {
 public:
  // A page that the back end writes a frame, or a part of one, into.
  struct Page : PacketMemory {
    // The page itself, and its grant.
    std::unique_ptr<GrantedPages> memory;
  };

  // Throws std::bad_alloc, or std::system_error when there are no grants.
  explicit ReceiveMemory(std::size_t count);
  ~ReceiveMemory();

  // A page that nobody has, or null.
  Page* take() noexcept;
  // From a program, or one that was not posted after all.
  void give_back(PacketMemory& page) noexcept override;
  // One that was posted, and whose back end has gone.
  void take_from_back_end(Page& page) noexcept;
  // Pages that are free now, and all there are.
  std::size_t free_count() const noexcept { return free_count_; }
  std::size_t count() const noexcept { return count_; }

 private:
  void renew_missing() noexcept;

  std::unique_ptr<Page[]> pages_;
  const std::size_t count_;
  PacketMemory* free_ = nullptr;
  std::size_t free_count_ = 0;
  // In whose place there was no memory yet.
  PacketMemory* missing_ = nullptr;
  std::size_t missing_count_ = 0;
};

}  // namespace sundog::xen
