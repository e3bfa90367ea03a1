// SendQueue: a network device's ring for frames that are sent: who is in it, and what the back end
// answers, which is judged here (xen/io/netif.h, "Guest transmit").
//
// A frame takes a slot for each page that it lies in, and one more that says how to cut it. Each
// slot has a number of its own until its whole frame is answered.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sundog/io/mac_address.hpp"
#include "sundog/io/packet.hpp"
#include "sundog/io/xen/devices/netif.hpp"
#include "sundog/io/xen/grants.hpp"

namespace sundog::xen {

// Is told what has become of it.
class SendUser {
 public:
  // The back end is done with a frame: it has taken it, or has not.
  virtual void sent(PacketMemory& frame, bool taken) noexcept = 0;
  // The back end keeps no list of groups, or no more of them.
  virtual void group_refused() noexcept = 0;

 protected:
  ~SendUser() = default;
};

class SendQueue {
 public:
  // Pieces of frames, and whether the back end has taken them.
  using Ring = FrontRing<SendRequest, SendResponse>;

  // Takes the ring's page over. The user outlives this.
  SendQueue(std::byte* ring_page, SendUser& user) noexcept;

  // Whether there is room for this frame; and puts it into the ring. The frame is the beginning of
  // these pages.
  bool has_room(const PacketMemory& frame) const noexcept;
  void put(PacketMemory& frame, const GrantedPages& pages) noexcept;
  // The same for a group that frames are wanted of, or no longer.
  bool has_room_for_group() const noexcept { return ring_.room() >= 2 && free_count_ != 0; }
  void put_group(MacAddress group, bool wanted) noexcept;

  // Shows the back end what was put; whether it wants an event for that. Asks for an event of its
  // own when half of it is answered, or, in a hurry, with the next answer. `answered` is set when
  // there are answers already.
  [[nodiscard]] bool show(bool in_a_hurry, bool& answered) noexcept;
  // Takes what was answered. Null, or what the back end has done wrong: a literal.
  [[nodiscard]] const char* serve() noexcept;
  // All is answered.
  bool is_idle() const noexcept { return free_count_ == ids; }
  // The back end has gone: frames that it has not answered come back.
  void end() noexcept;

 private:
  static constexpr std::uint16_t ids = SendRing::slots;

  // One number. Those of a frame are linked, from the first on, which also counts.
  struct Slot {
    PacketMemory* frame = nullptr;  // null for a group
    std::uint16_t first = 0;
    std::uint16_t next = 0;  // of the same frame, or of those that are free
    std::uint16_t unanswered = 0;
    bool is_waiting = false;
    bool failed = false;
  };

  std::uint16_t take_id(PacketMemory* frame) noexcept;
  const char* answered(const SendResponse& response) noexcept;
  void finish(std::uint16_t first) noexcept;
  void put_extra(const ExtraInfo& extra) noexcept;
  // Half of what is unanswered, so that few events come while much is.
  std::uint32_t patience() const noexcept {
    return ring_.unanswered() < 2 ? 1 : ring_.unanswered() / 2;
  }

  Ring ring_;
  SendUser& user_;
  std::array<Slot, ids> slots_{};
  std::uint16_t free_ = 0;
  std::uint16_t free_count_ = ids;
  // Answers that are owed to slots without a number.
  std::uint32_t extra_count_ = 0;
};

}  // namespace sundog::xen
