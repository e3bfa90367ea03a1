// ReceiveQueue: a network device's ring of posted pages: what the back end says has come into them
// is judged here, and put together to frames (xen/io/netif.h, "Guest receive").
//
// A frame takes a page or several, and may have an extra info behind its first, which lies in the
// place of an answer and names no page: so what is answered in a slot belongs to the page that was
// posted there. As many pages are posted at all times: a frame for which there are no others to
// post in the place of its own is lost, and not the room for those that follow.
//
//              more_data                       done
//   first ---------------> data --------------------------> first
//     | extra_info          ^ |  more_data      ^
//     v                     | +--+ (data)       |
//   extra ------------------+-------------------+
//     more_data of the first        else
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sundog/io/packet.hpp"
#include "sundog/io/xen/devices/netif.hpp"
#include "sundog/io/xen/devices/receive_memory.hpp"

namespace sundog::xen {

// Is told what has come.
class ReceiveUser {
 public:
  // A frame of `size` bytes, in pages that are now the user's. What it says of itself, its checksum
  // and its segments, is as the back end has it, and fits the frame.
  virtual void received(PacketMemory& first, std::size_t size) noexcept = 0;
  // No frame, or one that the back end could not give; and one for which there were no pages.
  virtual void received_wrong() noexcept = 0;
  virtual void received_lost() noexcept = 0;

 protected:
  ~ReceiveUser() = default;
};

class ReceiveQueue {
 public:
  // Pages for the back end to fill, and what it says of them.
  using Ring = FrontRing<ReceiveRequest, ReceiveResponse>;
  // A frame that lies in more pages is none: enough for the largest, which begins anywhere in its
  // first page.
  static constexpr std::size_t pieces_max = XEN_NETIF_NR_SLOTS_MIN;

  // Takes the ring's page over. Those named outlive this.
  ReceiveQueue(std::byte* ring_page, domid_t domain, ReceiveUser& user) noexcept
      : ring_(ring_page), domain_(domain), user_(user) {}

  // What the back end was told that it may send.
  void expect(bool segments4, bool segments6) noexcept {
    segments4_ = segments4;
    segments6_ = segments6;
  }
  // From now on `count` pages of this memory, which outlives this, are to be posted. Once.
  void begin(ReceiveMemory& memory, std::size_t count) noexcept;
  // Posts pages that had been missing.
  void post() noexcept;

  // Shows the back end what was posted; whether it wants an event for that.
  [[nodiscard]] bool show() noexcept { return ring_.has_unseen() && ring_.show(); }
  // Takes what has come. Null, or what the back end has done wrong: a literal.
  [[nodiscard]] const char* serve() noexcept;
  // The back end has gone: its pages come back, and what had come of a frame is forgotten.
  void end() noexcept;

 private:
  using Page = ReceiveMemory::Page;
  enum class Expected : std::uint8_t { first, extra, data };

  // A frame of which some has come.
  struct Assembly {
    Page* first = nullptr;
    PacketMemory* last = nullptr;
    std::size_t count = 0;
    std::size_t size = 0;
    std::uint16_t flags = 0;  // of its first answer
    ExtraInfo::Segments segments{};
    bool has_segments = false;
    bool is_wrong = false;
  };

  void post(Page& page) noexcept;
  const char* take(const ReceiveResponse& response, std::uint32_t slot, Page& page) noexcept;
  const char* take_extra(const ReceiveResponse& response) noexcept;
  void add(const ReceiveResponse& response, Page& page) noexcept;
  void finish() noexcept;
  bool describe(PacketMemory& first, std::size_t size) const noexcept;
  void post_again() noexcept;

  Ring ring_;
  const domid_t domain_;
  ReceiveUser& user_;
  ReceiveMemory* memory_ = nullptr;
  std::size_t wanted_count_ = 0;
  bool segments4_ = false;
  bool segments6_ = false;
  // By slot.
  std::array<Page*, ReceiveRing::slots> posted_{};
  Expected expected_ = Expected::first;
  Assembly frame_;
};

}  // namespace sundog::xen
