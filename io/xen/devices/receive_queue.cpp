#include "sundog/io/xen/devices/receive_queue.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "sundog/io/network.hpp"
#include "sundog/io/xen/devices/frame_transport.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/runtime/language/probe.hpp"

namespace sundog::xen {
namespace {

constexpr std::size_t frame_bytes_max = XEN_NETIF_MAX_TX_SIZE;

Bytes bytes_of(const PacketMemory& piece) noexcept { return {piece.data, piece.size}; }

// Gives the first piece as much as a packet's first piece must have (ReceivedPacket): a back end
// may cut a frame anywhere. `page` is where the piece lies. Pieces that are left with nothing go
// back.
void fill_first(PacketMemory& first, std::byte* page) noexcept {
  if (first.next == nullptr || first.size >= ReceivedPacket::first_bytes_min) return;
  SUNDOG_PROBE("a frame's first piece was short");
  std::memmove(page, first.data, first.size);
  first.data = page;
  while (first.next != nullptr && first.size < ReceivedPacket::first_bytes_min) {
    PacketMemory& next = *first.next;
    const auto count = static_cast<std::uint32_t>(
        std::min<std::size_t>(ReceivedPacket::first_bytes_min - first.size, next.size));
    std::memcpy(first.data + first.size, next.data, count);
    first.size += count;
    next.data += count;
    next.size -= count;
    if (next.size != 0) return;
    first.next = std::exchange(next.next, nullptr);
    next.owner->give_back(next);
  }
}

}  // namespace

void ReceiveQueue::begin(ReceiveMemory& memory, std::size_t count) noexcept {
  memory_ = &memory;
  wanted_count_ = std::min<std::size_t>(count, ReceiveRing::slots);
  post();
}

void ReceiveQueue::post() noexcept {
  // The pages of a frame of which some has come may have to be posted again.
  if (expected_ != Expected::first) return;
  while (ReceiveRing::slots - ring_.room() < wanted_count_) {
    Page* const page = memory_->take();
    if (page == nullptr) return;
    post(*page);
  }
}

void ReceiveQueue::post(Page& page) noexcept {
  const std::uint32_t slot = ring_.request_slot();
  page.memory->open(domain_, Grant::Access::read_write);
  page.next = nullptr;
  posted_[slot] = &page;
  ring_.put({static_cast<std::uint16_t>(slot), 0, page.memory->reference(0)});
}

const char* ReceiveQueue::serve() noexcept {
  ReceiveResponse response;
  do {
    for (;;) {
      const std::uint32_t slot = ring_.response_slot();
      const Ring::Next next = ring_.take(response);
      if (next == Ring::Next::none) break;
      if (next == Ring::Next::broken) {
        return SUNDOG_PROBED("it gives more frames than it has pages for");
      }
      Page& page = *std::exchange(posted_[slot], nullptr);
      if (const char* wrong = take(response, slot, page)) {
        memory_->take_from_back_end(page);
        return wrong;
      }
    }
  } while (ring_.ask());
  return nullptr;
}

// The page is posted again, or part of the frame, unless something is wrong.
const char* ReceiveQueue::take(const ReceiveResponse& response, std::uint32_t slot,
                               Page& page) noexcept {
  if (expected_ == Expected::extra) {
    if (const char* wrong = take_extra(response)) return wrong;
    post(page);
  } else {
    if (response.id != slot) return SUNDOG_PROBED("a received frame is in another one's place");
    if (response.status > 0 &&
        response.offset + std::size_t(response.status) > page_bytes) {  // both are of 16 bits
      return "a received frame leaves its page";
    }
    const bool is_first = expected_ == Expected::first;
    if ((response.flags & NETRXF_extra_info) != 0 && !(is_first && (segments4_ || segments6_))) {
      return "an extra info was received that nobody had asked for";
    }
    if (is_first) frame_.flags = response.flags;
    add(response, page);
    const bool has_more = (response.flags & NETRXF_more_data) != 0;
    if (is_first && (response.flags & NETRXF_extra_info) != 0) {
      expected_ = Expected::extra;
      return nullptr;
    }
    expected_ = has_more ? Expected::data : Expected::first;
  }
  if (expected_ == Expected::first) finish();
  return nullptr;
}

const char* ReceiveQueue::take_extra(const ReceiveResponse& response) noexcept {
  ExtraInfo extra{};
  std::memcpy(&extra, &response, sizeof extra);
  if (extra.type != XEN_NETIF_EXTRA_TYPE_GSO || frame_.has_segments) {
    return "an extra info was received that nobody had asked for";
  }
  const bool is_known = (extra.segments.type == XEN_NETIF_GSO_TYPE_TCPV4 && segments4_) ||
                        (extra.segments.type == XEN_NETIF_GSO_TYPE_TCPV6 && segments6_);
  if (!is_known || extra.segments.size == 0) {
    return "a large segment was received that nobody had asked for";
  }
  frame_.segments = extra.segments;
  frame_.has_segments = true;
  if ((extra.flags & XEN_NETIF_EXTRA_FLAG_MORE) != 0) return nullptr;
  expected_ = (frame_.flags & NETRXF_more_data) != 0 ? Expected::data : Expected::first;
  return nullptr;
}

void ReceiveQueue::add(const ReceiveResponse& response, Page& page) noexcept {
  const auto size = static_cast<std::size_t>(std::max<std::int16_t>(response.status, 0));
  if (response.status < 0) {
    SUNDOG_PROBE("a back end could not give a frame");
    frame_.is_wrong = true;
  }
  if (frame_.count == pieces_max || frame_.size + size > frame_bytes_max) {
    frame_.is_wrong = true;
  }
  if (size == 0 || frame_.is_wrong) return post(page);
  if (!page.memory->close()) {
    frame_.is_wrong = true;
    return post(page);
  }
  page.data = page.memory->bytes() + response.offset;
  page.size = static_cast<std::uint32_t>(size);
  page.next = nullptr;
  if (frame_.first == nullptr) {
    frame_.first = &page;
  } else {
    frame_.last->next = &page;
  }
  frame_.last = &page;
  ++frame_.count;
  frame_.size += size;
}

// The pages of a frame that nobody gets.
void ReceiveQueue::post_again() noexcept {
  for (PacketMemory* piece = frame_.first; piece != nullptr;) {
    auto& page = static_cast<Page&>(*piece);
    piece = page.next;
    post(page);
  }
}

void ReceiveQueue::finish() noexcept {
  if (frame_.is_wrong || frame_.size < frame_header_bytes) {
    post_again();
    user_.received_wrong();
  } else if (memory_->free_count() < frame_.count) {
    post_again();
    user_.received_lost();
  } else {
    post();
    PacketMemory& first = *frame_.first;
    fill_first(first, frame_.first->memory->bytes());
    if (describe(first, frame_.size)) {
      user_.received(first, frame_.size);
    } else {
      const ReceivedPacket dropped(first);
      user_.received_wrong();
    }
  }
  frame_ = {};
}

// What the frame says of itself. False: it is not what the back end says it is.
bool ReceiveQueue::describe(PacketMemory& first, std::size_t size) const noexcept {
  first.offload = {};
  const bool is_blank = (frame_.flags & NETRXF_csum_blank) != 0;
  if (!is_blank && (frame_.flags & NETRXF_data_validated) != 0) {
    first.offload.checksum = Checksum::verified;
  }
  if (!is_blank && !frame_.has_segments) return true;
  const auto transport = find_transport(bytes_of(first));
  // A sum that nobody knows the place of is left to who looks for it.
  if (is_blank && transport) {
    first.offload.checksum = Checksum::partial;
    first.offload.checksum_start = transport->start;
    first.offload.checksum_offset = transport->checksum_offset();
  }
  if (!frame_.has_segments) return true;
  const bool is_v6 = frame_.segments.type == XEN_NETIF_GSO_TYPE_TCPV6;
  if (!transport || !transport->is_tcp || transport->is_v6 != is_v6 || transport->end >= size) {
    return false;
  }
  first.offload.segmentation = is_v6 ? Segmentation::tcp6 : Segmentation::tcp4;
  first.offload.segment_bytes = frame_.segments.size;
  first.offload.header_bytes = transport->end;
  return true;
}

void ReceiveQueue::end() noexcept {
  if (frame_.first != nullptr) const ReceivedPacket dropped(*frame_.first);
  frame_ = {};
  expected_ = Expected::first;
  for (Page*& page : posted_) {
    if (page != nullptr) memory_->take_from_back_end(*std::exchange(page, nullptr));
  }
}

}  // namespace sundog::xen
