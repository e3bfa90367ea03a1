// A network device's rings and the store's keys, as a hostile back end would write them: nothing
// that it does costs the domain more than this device, and every page comes back.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "sundog/io/network.hpp"
#include "sundog/io/xen/devices/network_keys.hpp"
#include "sundog/io/xen/devices/receive_memory.hpp"
#include "sundog/io/xen/devices/receive_queue.hpp"
#include "sundog/io/xen/devices/send_memory.hpp"
#include "sundog/io/xen/devices/send_queue.hpp"
#include "sundog/io/xen/memory.hpp"
#include "tests/xen/made_up_grants.hpp"

using namespace sundog;
using namespace sundog::xen;

namespace {

constexpr domid_t back_end = 1;
constexpr std::size_t pages_to_receive = 40;
constexpr std::size_t frame_bytes = 9000;

void demand(bool holds) {
  if (!holds) std::abort();
}

struct alignas(ring_page_bytes) RingPage {
  std::byte bytes[ring_page_bytes] = {};
};

class Device final : SendUser, ReceiveUser {
 public:
  Device() {
    small_.open(back_end);
    receive_.expect(true, true);
    receive_.begin(pages_, pages_to_receive / 2);
    static_cast<void>(receive_.show());
  }
  ~Device() {
    packets_.clear();
    send_.end();
    receive_.end();
    small_.close();
    for (const grant_ref_t reference : held_) made_up::hold(reference, false);
    static_cast<void>(collect_grants());
    // Pages that were held meanwhile have others in their place.
    demand(small_.free_count() == small_count);
    demand(pages_.free_count() == pages_to_receive);
    demand(made_up::granted_count() == 0);
  }

  // What the domain does.
  void send(std::size_t size, unsigned kind) {
    PacketMemory* const frame = small_.take(std::clamp(size, frame_header_bytes, frame_bytes));
    if (frame == nullptr) return;
    frame->offload = {};
    if (kind % 3 != 0) frame->offload.checksum = Checksum::partial;
    if (kind % 3 == 2) {
      frame->offload.segmentation = Segmentation::tcp4;
      frame->offload.segment_bytes = 1448;
    }
    const GrantedPages* const memory = SendMemory::pages_of(*frame);
    if (memory == nullptr || !send_.has_room(*frame)) return small_.give_back(*frame);
    send_.put(*frame, *memory);
  }
  void flush() {
    bool answered = false;
    receive_.post();
    static_cast<void>(send_.show(false, answered));
    static_cast<void>(receive_.show());
  }
  void change_group() {
    if (send_.has_room_for_group()) send_.put_group(MacAddress::broadcast(), true);
  }
  void release() {
    if (!packets_.empty()) packets_.erase(packets_.begin());
  }
  // False: the back end has been found out, and its device is given up.
  bool serve() {
    if (send_.serve() != nullptr) return false;
    return receive_.serve() == nullptr;
  }

  // What the back end does.
  std::byte* ring(bool of_send) { return of_send ? send_page_->bytes : receive_page_->bytes; }
  void hold(std::uint32_t slot) {
    const auto& ring = *reinterpret_cast<const ReceiveRing*>(receive_page_->bytes);
    const grant_ref_t reference = ring.request(slot).reference;
    if (!made_up::is_granted(reference)) return;
    made_up::hold(reference, true);
    held_.push_back(reference);
  }

 private:
  static constexpr std::size_t small_count = 6;

  void sent(PacketMemory& frame, bool) noexcept override { frame.owner->give_back(frame); }
  void group_refused() noexcept override {}
  void received(PacketMemory& first, std::size_t size) noexcept override {
    packets_.emplace_back(first);
    const ReceivedPacket& packet = packets_.back();
    demand(packet.size() == size && size >= frame_header_bytes);
    demand(packet.first().size() >= std::min(size, ReceivedPacket::first_bytes_min));
    const PacketOffload& offload = packet.offload();
    if (offload.checksum == Checksum::partial) {
      demand(offload.checksum_start + offload.checksum_offset + 2U <= packet.first().size());
    }
    if (offload.segmentation != Segmentation::none) {
      demand(offload.segment_bytes != 0 && offload.header_bytes < size);
    }
    // It is the domain's own memory.
    packet.for_each_piece([](MutableBytes piece) { std::ranges::fill(piece, std::byte{1}); });
  }
  void received_wrong() noexcept override {}
  void received_lost() noexcept override {}

  std::unique_ptr<RingPage> send_page_ = std::make_unique<RingPage>();
  std::unique_ptr<RingPage> receive_page_ = std::make_unique<RingPage>();
  SendMemory small_{small_count, frame_bytes};
  ReceiveMemory pages_{pages_to_receive};
  SendQueue send_{send_page_->bytes, *this};
  ReceiveQueue receive_{receive_page_->bytes, back_end, *this};
  std::vector<ReceivedPacket> packets_;
  std::vector<grant_ref_t> held_;
};

void read_keys(std::string_view text) {
  const auto mac = parse_vif_mac(text);
  demand(!mac || !mac->is_multicast());
  for (const bool gathers : {false, true}) {
    const std::size_t mtu = parse_vif_mtu(text, gathers);
    demand(mtu >= 68 && mtu + frame_header_bytes <= (gathers ? 0xffffU : page_bytes));
  }
  static_cast<void>(is_yes(text));
  static_cast<void>(parse_carrier(text));
}

// Each step is a letter and up to 12 bytes. False: it is over.
bool step(Device& device, std::uint8_t what, Bytes bytes) {
  std::array<std::byte, 12> note{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), note.size()), note.begin());
  std::uint16_t number = 0;
  std::memcpy(&number, note.data(), sizeof number);
  switch (what % 8) {
    case 0:
      device.send(number % frame_bytes, number >> 14);
      return true;
    case 1:
      device.flush();
      return true;
    case 2:
      device.release();
      return true;
    case 3:
      device.change_group();
      return true;
    case 4:  // an answer as it should be, to the slot that is next
    case 5: {
      const bool of_send = what % 2 == 0;
      std::byte* const ring = device.ring(of_send);
      std::uint32_t end = 0;
      std::memcpy(&end, ring + 8, sizeof end);
      if (of_send) {
        auto& page = *reinterpret_cast<SendRing*>(ring);
        page.put(end,
                 SendResponse{page.request(end).id, static_cast<std::int16_t>(number % 4 - 2)});
      } else {
        auto& page = *reinterpret_cast<ReceiveRing*>(ring);
        ReceiveResponse response;
        std::memcpy(&response, note.data() + 2, sizeof response);
        if ((number & 1) != 0) response.id = static_cast<std::uint16_t>(end % ReceiveRing::slots);
        response.status = static_cast<std::int16_t>(response.status % 4200);
        page.put(end, response);
      }
      ++end;
      std::memcpy(ring + 8, &end, sizeof end);
      return device.serve();
    }
    case 6: {  // anything, anywhere
      std::byte* const ring = device.ring((number & 1) != 0);
      std::memcpy(ring + (number >> 1) % (ring_page_bytes - note.size()), note.data() + 2, 10);
      return device.serve();
    }
    default:
      device.hold(number);
      return true;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  made_up::make_memory();
  const std::size_t free_before = memory_use().free_bytes;
  read_keys({reinterpret_cast<const char*>(data), size});
  {
    Device device;
    constexpr std::size_t step_bytes = 13;
    const Bytes bytes = std::as_bytes(std::span(data, size));
    for (std::size_t at = 0; at < size; at += step_bytes) {
      const Bytes rest = bytes.subspan(at + 1, std::min(step_bytes - 1, size - at - 1));
      if (!step(device, data[at], rest)) break;
    }
  }
  static_cast<void>(collect_grants());
  demand(memory_use().free_bytes == free_before);
  return 0;
}
