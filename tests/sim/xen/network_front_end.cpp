#include "tests/sim/xen/network_front_end.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sundog::sim::xen {
namespace {

using sundog::xen::Grant;
using sundog::xen::SharedPage;

constexpr std::size_t page_bytes = MemoryMap::page_bytes;

}  // namespace

NetworkFrontEnd::NetworkFrontEnd(sundog::xen::BackEndPlace place, std::size_t buffer_count)
    : FrontEnd(std::move(place)),
      send_page_(back_end_domain(), SharedPage(), Grant::Access::read_write),
      receive_page_(back_end_domain(), SharedPage(), Grant::Access::read_write),
      sent_(send_page_.bytes()),
      posts_(receive_page_.bytes()),
      posted_(buffer_count) {
  for (std::size_t i = 0; i < buffer_count; ++i) {
    buffers_.push_back(
        std::make_unique<Grant>(back_end_domain(), SharedPage(), Grant::Access::read_write));
    post(static_cast<std::uint16_t>(i));
  }
  static_cast<void>(posts_.show());
}

void NetworkFrontEnd::post(std::uint16_t buffer) {
  posted_[buffer] = true;
  posts_.put({buffer, 0, buffers_[buffer]->reference()});
}

Task<bool> NetworkFrontEnd::connect() {
  Keys keys;
  keys.emplace_back("tx-ring-ref", std::to_string(send_page_.reference()));
  keys.emplace_back("rx-ring-ref", std::to_string(receive_page_.reference()));
  keys.emplace_back("request-rx-copy", "1");
  keys.emplace_back("feature-rx-notify", "1");
  return FrontEnd::connect(std::move(keys), sundog::xen::DeviceState::connected);
}

Task<bool> NetworkFrontEnd::send(std::span<const std::byte> frame, std::uint16_t offset) {
  const Semaphore::Permit slot = co_await slots_.acquire();
  SharedPage page;
  std::memcpy(page.bytes() + offset, frame.data(), frame.size());
  const Grant grant(back_end_domain(), std::move(page), Grant::Access::read);
  const auto free = std::find(sending_.begin(), sending_.end(), nullptr);
  const auto id = static_cast<std::uint16_t>(free - sending_.begin());
  Sending sending;
  *free = &sending;
  struct Forget {
    Sending*& entry;
    ~Forget() { entry = nullptr; }
  };
  const Forget at_the_end{*free};
  sent_.put({grant.reference(), offset, 0, id, static_cast<std::uint16_t>(frame.size())});
  if (sent_.show()) sundog::xen::send_event(port());
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
  using Next = decltype(sent_)::Next;
  SendResponse response;
  do {
    for (;;) {
      const Next next = sent_.take(response);
      if (next == Next::broken) return false;
      if (next == Next::none) break;
      if (response.id >= sending_.size() || sending_[response.id] == nullptr) return false;
      Sending& sending = *sending_[response.id];
      if (sending.done.count() != 0) return false;
      sending.status = response.status;
      sending.done.advance();
    }
  } while (sent_.ask());
  return true;
}

bool NetworkFrontEnd::take_received() {
  using Next = decltype(posts_)::Next;
  ReceiveResponse response;
  bool reposted = false;
  do {
    for (;;) {
      const Next next = posts_.take(response);
      if (next == Next::broken) return false;
      if (next == Next::none) break;
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
  } while (posts_.ask());
  if (reposted && posts_.show()) sundog::xen::send_event(port());
  if (!received_.empty()) arrived_.advance();
  return true;
}

}  // namespace sundog::sim::xen
