#include "tests/sim/xen/network_back_end.hpp"

#include <cstring>

namespace sundog::sim::xen {
namespace {

constexpr std::size_t page_bytes = MemoryMap::page_bytes;
constexpr std::size_t header_bytes = 14;

}  // namespace

NetworkBackEnd::NetworkBackEnd(Hypervisor& xen, StoreDaemon& store, std::function<void(Frame)> sent)
    : BackEnd(xen, store, "vif"), sent_(std::move(sent)) {
  set_key("feature-rx-copy", "1");
}

bool NetworkBackEnd::connect() {
  auto send_page = xen_.grants().map(number("tx-ring-ref"), true);
  auto receive_page = xen_.grants().map(number("rx-ring-ref"), true);
  if (!send_page || !receive_page || number("request-rx-copy") != 1) return false;
  if (!channel_.bind(number("event-channel"))) return false;
  send_page_.emplace(std::move(*send_page));
  receive_page_.emplace(std::move(*receive_page));
  xen_.interleaving().share(send_page_->bytes(), {SendRing::slots_start, SendRing::slots_end});
  xen_.interleaving().share(receive_page_->bytes(),
                            {ReceiveRing::slots_start, ReceiveRing::slots_end});
  send_consumed_ = 0;
  receive_consumed_ = 0;
  return true;
}

void NetworkBackEnd::disconnect() {
  channel_.close();
  for (auto* page : {&send_page_, &receive_page_}) {
    if (*page) xen_.interleaving().unshare((*page)->bytes());
  }
  send_page_.reset();
  receive_page_.reset();
  for (const Frame& frame : waiting_) note_received(frame, "lost, the device has gone");
  waiting_.clear();
}

void NetworkBackEnd::note_sent(const Frame& frame, std::string_view comment) {
  world_.network().note_frame("domain > vif1.0", frame, comment);
}
void NetworkBackEnd::note_received(const Frame& frame, std::string_view comment) {
  world_.network().note_frame("vif1.0 > domain", frame, comment);
}

bool NetworkBackEnd::receive(Frame frame) {
  if (!send_page_ || waiting_.size() == waiting_max) {
    note_received(frame, send_page_ ? "lost, too many wait" : "lost, there is no device");
    return false;
  }
  waiting_.push_back(std::move(frame));
  serve_later();
  return true;
}

void NetworkBackEnd::serve() {
  if (strikes_hostile()) return be_hostile();
  const bool took = take_sent();
  const bool gave = give_received();
  const bool more_to_take = send_ring().ask_for_requests(send_consumed_);
  const bool more_to_give = !waiting_.empty() && receive_ring().ask_for_requests(receive_consumed_);
  if (took || gave) channel_.notify();
  if (more_to_take || more_to_give) serve_later();
}

bool NetworkBackEnd::take_sent() {
  const std::uint32_t end = send_ring().shown_requests();
  if (end - send_consumed_ > SendRing::slots) {
    if (!is_hostile()) world_.fail("network: the front end's index makes no sense");
    return false;
  }
  bool wanted = false;
  while (send_consumed_ != end) {
    const SendRequest request = send_ring().request(send_consumed_);
    Frame frame;
    const std::int16_t status = carry_out(request, frame);
    send_ring().put(send_consumed_++, SendResponse{request.id, status});
    wanted = send_ring().show_responses(send_consumed_) || wanted;
    xen_.record("frame sent", request.id, status == NETIF_RSP_OKAY ? request.size : 0);
    if (status == NETIF_RSP_OKAY) sent_(std::move(frame));
  }
  return wanted;
}

std::int16_t NetworkBackEnd::carry_out(const SendRequest& request, Frame& frame) {
  if (request.size < header_bytes || request.flags != 0) return NETIF_RSP_ERROR;
  if (request.offset + request.size > page_bytes) {
    world_.fail("network: a frame crosses the end of its page");  // Linux's then ends for good
    return NETIF_RSP_ERROR;
  }
  const auto page = xen_.grants().map(request.reference, false);
  if (!page) {
    if (!is_hostile()) world_.fail("network: a frame's page is not granted");
    return NETIF_RSP_ERROR;
  }
  frame.assign(page->bytes() + request.offset, page->bytes() + request.offset + request.size);
  if (world_.strikes(Fault::no_memory)) {
    note_sent(frame, "refused, there is no memory");
    return NETIF_RSP_ERROR;
  }
  if (world_.strikes(Fault::no_buffers)) {
    note_sent(frame, "dropped, there are no buffers");
    return NETIF_RSP_DROPPED;
  }
  note_sent(frame);
  return NETIF_RSP_OKAY;
}

bool NetworkBackEnd::give_received() {
  const std::uint32_t end = receive_ring().shown_requests();
  if (end - receive_consumed_ > ReceiveRing::slots) {
    if (!is_hostile()) world_.fail("network: the front end's index makes no sense");
    return false;
  }
  bool wanted = false;
  while (receive_consumed_ != end && !waiting_.empty()) {
    const ReceiveRequest request = receive_ring().request(receive_consumed_);
    ReceiveResponse response{request.id, 0, 0, NETIF_RSP_ERROR};
    const auto page = xen_.grants().map(request.reference, true);
    if (!page && !is_hostile()) world_.fail("network: a buffer's page is not granted");
    if (page && !world_.strikes(Fault::no_memory)) {
      const Frame& frame = waiting_.front();
      response.offset =
          static_cast<std::uint16_t>(world_.prng().below(page_bytes - frame.size() + 1));
      response.status = static_cast<std::int16_t>(frame.size());
      std::memcpy(page->bytes() + response.offset, frame.data(), frame.size());
      note_received(frame);
      waiting_.pop_front();
    }
    receive_ring().put(receive_consumed_++, response);
    wanted = receive_ring().show_responses(receive_consumed_) || wanted;
    xen_.record("frame received", request.id, response.status > 0 ? response.status : 0);
  }
  return wanted;
}

void NetworkBackEnd::be_hostile() {
  const auto junk = static_cast<std::uint32_t>(world_.prng().next());
  switch (world_.prng().below(4)) {
    case 0:
      send_ring().response_end = junk;
      break;
    case 1:
      receive_ring().response_end = junk;
      break;
    case 2:
      send_ring().put(send_consumed_, SendResponse{static_cast<std::uint16_t>(junk), 0});
      send_ring().response_end = send_consumed_ + 1;
      break;
    default:
      receive_ring().put(receive_consumed_,
                         ReceiveResponse{static_cast<std::uint16_t>(junk >> 16), 4000, 0,
                                         static_cast<std::int16_t>(junk)});
      receive_ring().response_end = receive_consumed_ + 1;
  }
  channel_.notify();
}

}  // namespace sundog::sim::xen
