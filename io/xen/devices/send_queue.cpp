#include "sundog/io/xen/devices/send_queue.hpp"

#include <algorithm>
#include <cstring>

#include "sundog/io/xen/memory.hpp"
#include "sundog/runtime/language/assert.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {
namespace {

// A frame begins where its pages begin, so that no slot's part of it crosses a page.
std::size_t pages_in(std::size_t bytes) noexcept { return (bytes + page_bytes - 1) / page_bytes; }

bool is_cut(const PacketMemory& frame) noexcept {
  return frame.offload.segmentation != Segmentation::none;
}

}  // namespace

SendQueue::SendQueue(std::byte* ring_page, SendUser& user) noexcept
    : ring_(ring_page), user_(user) {
  for (std::uint16_t id = 0; id < ids; ++id) slots_[id].next = static_cast<std::uint16_t>(id + 1);
}

bool SendQueue::has_room(const PacketMemory& frame) const noexcept {
  const std::size_t pages = pages_in(frame.size);
  return free_count_ >= pages && ring_.room() >= pages + (is_cut(frame) ? 1 : 0);
}

std::uint16_t SendQueue::take_id(PacketMemory* frame) noexcept {
  const std::uint16_t id = free_;
  free_ = slots_[id].next;
  --free_count_;
  slots_[id] = {frame, id, ids, 1, true, false};
  return id;
}

void SendQueue::put_extra(const ExtraInfo& extra) noexcept {
  SendRequest slot{};
  std::memcpy(&slot, &extra, sizeof extra);
  ring_.put(slot);
  ++extra_count_;
}

void SendQueue::put(PacketMemory& frame, const GrantedPages& pages) noexcept {
  SUNDOG_ASSERT(frame.data == pages.bytes(), "a frame begins where its buffer begins");
  const std::size_t count = pages_in(frame.size);
  // The domain's own stack has summed up what is not left to others.
  unsigned flags = NETTXF_data_validated;
  if (frame.offload.checksum == Checksum::partial) flags |= NETTXF_csum_blank;
  if (is_cut(frame)) flags |= NETTXF_extra_info;
  std::uint16_t first = ids;
  std::uint16_t last = ids;
  for (std::size_t page = 0; page < count; ++page) {
    const std::uint16_t id = take_id(&frame);
    if (page == 0) {
      first = id;
      slots_[first].unanswered = static_cast<std::uint16_t>(count);
    } else {
      slots_[last].next = id;
      slots_[id].first = first;
    }
    last = id;
    const std::size_t rest = frame.size - page * page_bytes;
    // The first slot's size is the whole frame's.
    const std::size_t size = page == 0 ? frame.size : std::min(rest, page_bytes);
    if (page + 1 < count) flags |= NETTXF_more_data;
    ring_.put({pages.reference(page), 0, static_cast<std::uint16_t>(flags), id,
               static_cast<std::uint16_t>(size)});
    if (page == 0 && is_cut(frame)) {
      ExtraInfo extra{};
      extra.type = XEN_NETIF_EXTRA_TYPE_GSO;
      extra.segments.size = frame.offload.segment_bytes;
      extra.segments.type = frame.offload.segmentation == Segmentation::tcp4
                                ? XEN_NETIF_GSO_TYPE_TCPV4
                                : XEN_NETIF_GSO_TYPE_TCPV6;
      put_extra(extra);
    }
    flags = 0;
  }
}

void SendQueue::put_group(MacAddress group, bool wanted) noexcept {
  const std::uint16_t id = take_id(nullptr);
  ring_.put({0, 0, NETTXF_extra_info, id, 0});
  ExtraInfo extra{};
  extra.type = wanted ? XEN_NETIF_EXTRA_TYPE_MCAST_ADD : XEN_NETIF_EXTRA_TYPE_MCAST_DEL;
  std::ranges::copy(group.octets(), extra.group.address);
  put_extra(extra);
}

bool SendQueue::show(bool in_a_hurry, bool& answered) noexcept {
  const bool has_unseen = ring_.has_unseen();
  const bool wanted = has_unseen && ring_.show();
  if (has_unseen || in_a_hurry) answered = ring_.ask(in_a_hurry ? 1 : patience());
  return wanted;
}

const char* SendQueue::serve() noexcept {
  SendResponse response;
  do {
    for (;;) {
      const Ring::Next next = ring_.take(response);
      if (next == Ring::Next::none) break;
      if (next == Ring::Next::broken) {
        return SUNDOG_PROBED("it answers more frames than were sent");
      }
      if (const char* wrong = answered(response)) return wrong;
    }
  } while (ring_.ask(patience()));
  return nullptr;
}

const char* SendQueue::answered(const SendResponse& response) noexcept {
  if (response.status == NETIF_RSP_NULL) {
    if (extra_count_ == 0) return SUNDOG_PROBED("it answers an extra info that was not sent");
    --extra_count_;
    return nullptr;
  }
  if (response.status > 0 || response.status < NETIF_RSP_DROPPED) {
    return "an answer to a sent frame has no such status";
  }
  if (response.id >= ids || !slots_[response.id].is_waiting) {
    return "it answers a frame that was not sent";
  }
  Slot& slot = slots_[response.id];
  slot.is_waiting = false;
  Slot& first = slots_[slot.first];
  if (response.status != NETIF_RSP_OKAY) first.failed = true;
  if (--first.unanswered == 0) finish(slot.first);
  return nullptr;
}

void SendQueue::finish(std::uint16_t first) noexcept {
  PacketMemory* const frame = slots_[first].frame;
  const bool failed = slots_[first].failed;
  for (std::uint16_t id = first; id != ids;) {
    const std::uint16_t next = slots_[id].next;
    slots_[id] = {};
    slots_[id].next = free_;
    free_ = id;
    ++free_count_;
    id = next;
  }
  if (frame != nullptr) {
    user_.sent(*frame, !failed);
  } else if (failed) {
    user_.group_refused();
  }
}

void SendQueue::end() noexcept {
  for (std::uint16_t id = 0; id < ids; ++id) {
    Slot& slot = slots_[id];
    const bool is_first = slot.unanswered != 0 && slot.first == id;
    if (!is_first) continue;
    slot.failed = slot.frame != nullptr;
    slot.unanswered = 0;
    finish(id);
  }
}

}  // namespace sundog::xen
