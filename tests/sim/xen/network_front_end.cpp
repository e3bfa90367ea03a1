#include "tests/sim/xen/network_front_end.hpp"

#include <algorithm>
#include <cstring>

namespace sundog::sim::xen {
namespace {

using sundog::xen::Grant;
using sundog::xen::SharedPage;

constexpr std::size_t page_bytes = MemoryMap::page_bytes;

}  // namespace

NetworkFrontEnd::NetworkFrontEnd(std::size_t buffer_count)
    : FrontEnd("vif"),
      send_page_(0, SharedPage(), Grant::Access::read_write),
      receive_page_(0, SharedPage(), Grant::Access::read_write),
      posted_(buffer_count) {
  send_ring().initialise();
  receive_ring().initialise();
  for (std::size_t i = 0; i < buffer_count; ++i) {
    buffers_.push_back(
        std::make_unique<Grant>(domid_t{0}, SharedPage(), Grant::Access::read_write));
    post(static_cast<std::uint16_t>(i));
  }
  static_cast<void>(receive_ring().show_requests(receive_produced_));
}

void NetworkFrontEnd::post(std::uint16_t buffer) {
  posted_[buffer] = true;
  receive_ring().put(receive_produced_++, ReceiveRequest{buffer, 0, buffers_[buffer]->reference()});
}

Task<bool> NetworkFrontEnd::connect() {
  Keys keys;
  keys.emplace_back("tx-ring-ref", std::to_string(send_page_.reference()));
  keys.emplace_back("rx-ring-ref", std::to_string(receive_page_.reference()));
  keys.emplace_back("request-rx-copy", "1");
  keys.emplace_back("feature-rx-notify", "1");
  return FrontEnd::connect(std::move(keys), DeviceState::connected);
}

Task<bool> NetworkFrontEnd::send(std::span<const std::byte> frame, std::uint16_t offset) {
  const Semaphore::Permit slot = co_await slots_.acquire();
  SharedPage page;
  std::memcpy(page.bytes() + offset, frame.data(), frame.size());
  const Grant grant(0, std::move(page), Grant::Access::read);
  const auto free = std::find(sending_.begin(), sending_.end(), nullptr);
  const auto id = static_cast<std::uint16_t>(free - sending_.begin());
  Sending sending;
  *free = &sending;
  struct Forget {
    Sending*& entry;
    ~Forget() { entry = nullptr; }
  };
  const Forget at_the_end{*free};
  send_ring().put(send_produced_++, SendRequest{grant.reference(), offset, 0, id,
                                                static_cast<std::uint16_t>(frame.size())});
  if (send_ring().show_requests(send_produced_)) sundog::xen::send_event(port());
  co_await sending.done.after(0);
  co_return sending.status == NETIF_RSP_OKAY;
}

Task<Frame> NetworkFrontEnd::receive() {
  for (;;) {
    const std::uint64_t seen = arrived_.count();
    if (!received_.empty()) {
      Frame frame = std::move(received_.front());
      received_.pop_front();
      co_return frame;
    }
    co_await arrived_.after(seen);
  }
}

void NetworkFrontEnd::serve() {
  if (!take_sent() || !take_received()) give_up();
}

// False: an answer makes no sense.
bool NetworkFrontEnd::take_sent() {
  do {
    const std::uint32_t end = send_ring().response_end;
    if (end - send_consumed_ > send_produced_ - send_consumed_) return false;
    while (send_consumed_ != end) {
      const SendResponse response = send_ring().response(send_consumed_++);
      if (response.id >= sending_.size() || sending_[response.id] == nullptr) return false;
      Sending& sending = *sending_[response.id];
      if (sending.done.count() != 0) return false;
      sending.status = response.status;
      sending.done.raise();
    }
  } while (send_ring().ask_for_responses(send_consumed_));
  return true;
}

bool NetworkFrontEnd::take_received() {
  bool reposted = false;
  do {
    const std::uint32_t end = receive_ring().response_end;
    if (end - receive_consumed_ > receive_produced_ - receive_consumed_) return false;
    while (receive_consumed_ != end) {
      const ReceiveResponse response = receive_ring().response(receive_consumed_++);
      if (response.id >= buffers_.size() || !posted_[response.id]) return false;
      if (response.status > 0) {
        const auto size = static_cast<std::size_t>(response.status);
        if (response.offset + size > page_bytes) return false;
        const std::byte* const bytes = buffers_[response.id]->bytes() + response.offset;
        received_.emplace_back(bytes, bytes + size);
      }
      post(response.id);
      reposted = true;
    }
  } while (receive_ring().ask_for_responses(receive_consumed_));
  if (reposted && receive_ring().show_requests(receive_produced_)) {
    sundog::xen::send_event(port());
  }
  if (!received_.empty()) arrived_.raise();
  return true;
}

}  // namespace sundog::sim::xen
