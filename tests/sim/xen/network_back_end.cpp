#include "tests/sim/xen/network_back_end.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "sundog/io/complete_checksum.hpp"
#include "sundog/io/xen/devices/frame_transport.hpp"

namespace sundog::sim::xen {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t page_bytes = MemoryMap::page_bytes;
constexpr std::size_t header_bytes = 14;
constexpr std::size_t parts_max = XEN_NETIF_NR_SLOTS_MIN;
// As Linux's XEN_NETBK_MCAST_MAX.
constexpr std::size_t groups_max = 64;
constexpr Duration answer_max = 100us;
constexpr Duration slow_answer_max = 300ms;
constexpr Duration kept_max = 1s;

}  // namespace

NetworkBackEnd::NetworkBackEnd(Hypervisor& xen, StoreDaemon& store, Settings settings,
                               std::function<void(WireFrame)> sent)
    : BackEnd(xen, store, "vif", settings.number),
      settings_(std::move(settings)),
      sent_(std::move(sent)),
      receive_channel_(xen.channels(), [this] { serve_later(); }) {
  announce();
}

bool NetworkBackEnd::draw(bool usual) {
  return settings_.can_all ? usual : world_.prng().below(3) != 0;
}

void NetworkBackEnd::announce() {
  store_.write(front_ + "/mac", settings_.mac);
  if (!settings_.mtu.empty()) store_.write(front_ + "/mtu", settings_.mtu);
  can_gather_ = draw();
  can_cut4_ = draw();
  can_cut6_ = draw();
  can_split_ = draw();
  can_list_ = draw() && settings_.keeps_groups;
  const auto say = [&](const char* name, bool yes) { set_key(name, yes ? "1" : "0"); };
  say("feature-rx-copy", true);
  say("feature-sg", can_gather_);
  say("feature-gso-tcpv4", can_cut4_);
  say("feature-gso-tcpv6", can_cut6_);
  say("feature-ipv6-csum-offload", draw());
  say("feature-split-event-channels", can_split_);
  say("feature-multicast-control", can_list_);
  say("feature-dynamic-multicast-control", can_list_ && draw());
}

bool NetworkBackEnd::connect() {
  auto send_page = xen_.grants().map(number("tx-ring-ref"), true);
  auto receive_page = xen_.grants().map(number("rx-ring-ref"), true);
  if (!send_page || !receive_page || number("request-rx-copy") != 1) return false;
  if (number("feature-rx-notify") != 1) return false;
  has_split_ = number("event-channel-tx") != 0;
  if (has_split_ && (!can_split_ || number("event-channel") != 0)) return false;
  if (!channel_.bind(number(has_split_ ? "event-channel-tx" : "event-channel"))) return false;
  if (has_split_ && !receive_channel_.bind(number("event-channel-rx"))) return false;
  if (says("request-multicast-control") && !can_list_) return false;
  send_page_.emplace(std::move(*send_page));
  receive_page_.emplace(std::move(*receive_page));
  xen_.interleaving().share(send_page_->bytes(), {SendRing::slots_start, SendRing::slots_end});
  xen_.interleaving().share(receive_page_->bytes(),
                            {ReceiveRing::slots_start, ReceiveRing::slots_end});
  ++change_count_;
  send_consumed_ = send_produced_ = 0;
  receive_consumed_ = receive_produced_ = 0;
  groups_.clear();
  return true;
}

void NetworkBackEnd::disconnect() {
  if (!send_page_) return;
  ++change_count_;
  channel_.close();
  receive_channel_.close();
  // A hostile one keeps pages for a while.
  if (is_hostile()) {
    const auto kept = std::make_shared<std::vector<GrantTable::Mapping>>();
    const std::uint32_t end = receive_ring().shown_requests();
    for (std::uint32_t at = receive_consumed_; at != end && kept->size() < 8; ++at) {
      auto page = xen_.grants().map(receive_ring().request(at).reference, true);
      if (page) kept->push_back(std::move(*page));
    }
    for (Held& held : held_) {
      for (GrantTable::Mapping& page : held.pages) kept->push_back(std::move(page));
      held.pages.clear();
    }
    world_.after(world_.prng().between(0ns, kept_max), [kept] { kept->clear(); });
  }
  for (auto* page : {&send_page_, &receive_page_}) {
    xen_.interleaving().unshare((*page)->bytes());
    page->reset();
  }
  held_.clear();
  pieces_.clear();
  for (const WireFrame& frame : waiting_) note_received(frame.bytes, "lost, the device has gone");
  waiting_.clear();
}

void NetworkBackEnd::note_sent(const Frame& frame, std::string_view comment) {
  world_.network().note_frame("domain > vif1." + std::to_string(settings_.number), frame, comment);
}
void NetworkBackEnd::note_received(const Frame& frame, std::string_view comment) {
  world_.network().note_frame("vif1." + std::to_string(settings_.number) + " > domain", frame,
                              comment);
}

void NetworkBackEnd::notify(Channel& channel) {
  ++notified_count_;
  channel.notify();
}

void NetworkBackEnd::set_carrier(bool up) { set_key("carrier", up ? "1" : "0"); }

void NetworkBackEnd::hold_answers(bool hold) {
  holds_answers_ = hold;
  if (hold) return;
  for (Held& held : held_) {
    held.later.arm(0ns, [this, &held] { answer(held); });
  }
}

void NetworkBackEnd::serve() {
  if (strikes_hostile()) return be_hostile();
  const bool took = take_sent();
  const bool gave = give_received();
  const bool more_to_take = send_ring().ask_for_requests(send_consumed_);
  const bool more_to_give = !waiting_.empty() && receive_ring().ask_for_requests(receive_consumed_);
  if (took || (gave && !has_split_)) notify(channel_);
  if (gave && has_split_) notify(receive_channel_);
  if (more_to_take || more_to_give) serve_later();
}

// --- from the domain ----------------------------------------------------------------------------

bool NetworkBackEnd::take_sent() {
  const std::uint32_t end = send_ring().shown_requests();
  if (end - send_consumed_ > SendRing::slots) {
    if (!is_hostile()) world_.fail("network: the front end's index makes no sense");
    return false;
  }
  while (send_consumed_ != end) {
    Sent sent;
    if (!read_sent(end, sent)) {
      if (!is_hostile()) world_.fail("network: a frame was shown in part");
      return false;
    }
    take_frame(sent);
  }
  return false;
}

bool NetworkBackEnd::read_sent(std::uint32_t end, Sent& sent) {
  std::uint32_t at = send_consumed_;
  for (bool more = true; more;) {
    if (at == end) return false;
    sent.parts.push_back(send_ring().request(at++));
    more = (sent.parts.back().flags & NETTXF_more_data) != 0;
    bool extra = sent.parts.size() == 1 && (sent.parts[0].flags & NETTXF_extra_info) != 0;
    while (extra) {
      if (at == end) return false;
      const SendRequest slot = send_ring().request(at++);
      ExtraInfo info;
      std::memcpy(&info, &slot, sizeof info);
      sent.extras.push_back(info);
      extra = (info.flags & XEN_NETIF_EXTRA_FLAG_MORE) != 0;
    }
  }
  send_consumed_ = at;
  return true;
}

// What Linux's ends the device for good for.
bool NetworkBackEnd::check_parts(const Sent& sent) {
  std::size_t rest = 0;
  const SendRequest& first = sent.parts.front();
  for (std::size_t i = 1; i < sent.parts.size(); ++i) {
    const SendRequest& part = sent.parts[i];
    rest += part.size;
    if (part.offset + part.size > page_bytes || part.size == 0) {
      world_.fail("network: a part of a frame crosses the end of its page");
      return false;
    }
  }
  if (sent.parts.size() > parts_max || rest >= first.size) {
    world_.fail("network: a frame's parts are more than the frame");
    return false;
  }
  if (first.offset + first.size - rest > page_bytes || first.size < header_bytes) {
    world_.fail("network: a frame crosses the end of its page, or is none");
    return false;
  }
  if (sent.parts.size() > 1 && !can_gather_) {
    world_.fail("network: a frame in several pages, which was not offered");
    return false;
  }
  return true;
}

std::int16_t NetworkBackEnd::change_groups(const ExtraInfo& extra) {
  const std::vector<std::uint8_t> group(std::begin(extra.group.address),
                                        std::end(extra.group.address));
  if (extra.type == XEN_NETIF_EXTRA_TYPE_MCAST_DEL) {
    groups_.erase(group);
    return NETIF_RSP_OKAY;
  }
  if (groups_.size() == groups_max) return NETIF_RSP_ERROR;
  groups_.insert(group);
  return NETIF_RSP_OKAY;
}

void NetworkBackEnd::take_frame(const Sent& sent) {
  Held& held = held_.emplace_back(world_);
  for (const SendRequest& part : sent.parts) held.ids.push_back(part.id);
  held.extra_count = static_cast<unsigned>(sent.extras.size());
  WireFrame frame;
  const SendRequest& first = sent.parts.front();
  frame.is_blank = (first.flags & NETTXF_csum_blank) != 0;
  frame.is_validated = (first.flags & NETTXF_data_validated) != 0;
  const bool is_group =
      !sent.extras.empty() && (sent.extras[0].type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD ||
                               sent.extras[0].type == XEN_NETIF_EXTRA_TYPE_MCAST_DEL);
  if (is_group) {
    held.status = change_groups(sent.extras[0]);
  } else if (!is_hostile() && !check_parts(sent)) {
    held.status = NETIF_RSP_ERROR;
  } else {
    if (!sent.extras.empty()) {
      frame.segments_type = sent.extras[0].segments.type;
      frame.segment_bytes = sent.extras[0].segments.size;
      const bool is_known = sent.extras[0].type == XEN_NETIF_EXTRA_TYPE_GSO &&
                            sent.extras.size() == 1 &&
                            ((frame.segments_type == XEN_NETIF_GSO_TYPE_TCPV4 && can_cut4_) ||
                             (frame.segments_type == XEN_NETIF_GSO_TYPE_TCPV6 && can_cut6_));
      if (!is_known || frame.segment_bytes == 0 || !frame.is_blank) {
        world_.fail("network: a frame is to be cut that cannot be");
      }
    }
    std::size_t left = first.size;
    for (std::size_t i = 1; i < sent.parts.size(); ++i) left -= sent.parts[i].size;
    for (std::size_t i = 0; i < sent.parts.size(); ++i) {
      const SendRequest& part = sent.parts[i];
      auto page = xen_.grants().map(part.reference, false);
      if (!page) {
        if (!is_hostile()) world_.fail("network: a frame's page is not granted");
        held.status = NETIF_RSP_ERROR;
        break;
      }
      const std::byte* const bytes = page->bytes() + part.offset;
      frame.bytes.insert(frame.bytes.end(), bytes, bytes + (i == 0 ? left : part.size));
      held.pages.push_back(std::move(*page));
    }
    if (held.status == NETIF_RSP_OKAY && world_.strikes(Fault::no_memory)) {
      note_sent(frame.bytes, "refused, there is no memory");
      held.status = NETIF_RSP_ERROR;
    } else if (held.status == NETIF_RSP_OKAY && world_.strikes(Fault::no_buffers)) {
      note_sent(frame.bytes, "dropped, there are no buffers");
      held.status = NETIF_RSP_DROPPED;
    }
  }
  xen_.record("frame sent", first.id, held.status == NETIF_RSP_OKAY ? first.size : 0);
  const bool goes_on = held.status == NETIF_RSP_OKAY && !is_group;
  if (!holds_answers_) {
    const Duration most = world_.strikes(Fault::slow_completion) ? slow_answer_max : answer_max;
    held.later.arm(world_.prng().between(0ns, most), [this, &held] { answer(held); });
  }
  if (goes_on) {
    note_sent(frame.bytes);
    sent_(std::move(frame));
  }
}

void NetworkBackEnd::answer(Held& held) {
  SendRing& ring = send_ring();
  held.pages.clear();
  bool is_first = true;
  for (const std::uint16_t id : held.ids) {
    ring.put(send_produced_++, SendResponse{id, held.status});
    // Without a number: what is in the slot was the domain's.
    for (; is_first && held.extra_count > 0; --held.extra_count) {
      ring.put(send_produced_++,
               SendResponse{static_cast<std::uint16_t>(world_.prng().next()), NETIF_RSP_NULL});
    }
    is_first = false;
  }
  const bool wanted = ring.show_responses(send_produced_);
  std::erase_if(held_, [&](const Held& one) { return &one == &held; });
  if (wanted) notify(channel_);
}

// --- to the domain ------------------------------------------------------------------------------

bool NetworkBackEnd::wants(const WireFrame& frame) const {
  const bool is_group = (std::to_integer<unsigned>(frame.bytes[0]) & 1) != 0;
  const bool is_broadcast = std::all_of(frame.bytes.begin(), frame.bytes.begin() + 6,
                                        [](std::byte one) { return one == std::byte{0xff}; });
  if (!is_group || is_broadcast || !says("request-multicast-control")) return true;
  std::vector<std::uint8_t> group;
  for (std::size_t i = 0; i < 6; ++i)
    group.push_back(std::to_integer<std::uint8_t>(frame.bytes[i]));
  return groups_.contains(group);
}

bool NetworkBackEnd::receive(WireFrame frame) {
  if (!send_page_ || waiting_.size() >= settings_.waiting_max) {
    note_received(frame.bytes, send_page_ ? "lost, too many wait" : "lost, there is no device");
    return false;
  }
  if (!wants(frame)) return false;
  const bool takes4 = says("feature-gso-tcpv4");
  const bool takes6 = says("feature-gso-tcpv6");
  if ((frame.segments_type == XEN_NETIF_GSO_TYPE_TCPV4 && !takes4) ||
      (frame.segments_type == XEN_NETIF_GSO_TYPE_TCPV6 && !takes6)) {
    note_received(frame.bytes, "lost, too long and not to be cut here");
    return false;
  }
  const auto transport = sundog::xen::find_transport(frame.bytes);
  const bool takes_blank = transport && transport->is_v6 ? says("feature-ipv6-csum-offload")
                                                         : !says("feature-no-csum-offload");
  if (frame.is_blank && !takes_blank && transport) {
    PacketOffload offload;
    offload.checksum = Checksum::partial;
    offload.checksum_start = transport->start;
    offload.checksum_offset = transport->checksum_offset();
    complete_checksum(frame.bytes, offload);
    frame.is_blank = false;
    frame.is_validated = true;
  }
  waiting_.push_back(std::move(frame));
  serve_later();
  return true;
}

// How the frame is cut is drawn once: mostly as pages have it, at times anywhere.
std::size_t NetworkBackEnd::slots_for(const WireFrame& frame) {
  if (pieces_.empty()) {
    std::size_t left = frame.bytes.size();
    const bool is_even = left > 8 * page_bytes || draw(true);
    while (left > 0) {
      std::size_t piece = std::min(left, page_bytes);
      if (!is_even && pieces_.size() < 4) piece = world_.prng().between(1, piece);
      pieces_.push_back(piece);
      left -= piece;
    }
  }
  return pieces_.size() + (frame.segments_type != XEN_NETIF_GSO_TYPE_NONE ? 1 : 0);
}

bool NetworkBackEnd::give_received() {
  const std::uint32_t end = receive_ring().shown_requests();
  if (end - receive_consumed_ > ReceiveRing::slots) {
    if (!is_hostile()) world_.fail("network: the front end's index makes no sense");
    return false;
  }
  const std::uint32_t before = receive_produced_;
  while (!waiting_.empty() && end - receive_consumed_ >= slots_for(waiting_.front())) {
    if (world_.strikes(Fault::no_memory)) {
      // This one it cannot give, and says so.
      const ReceiveRequest request = receive_ring().request(receive_consumed_++);
      receive_ring().put(receive_produced_++, ReceiveResponse{request.id, 0, 0, NETIF_RSP_ERROR});
      note_received(waiting_.front().bytes, "lost, there is no memory");
    } else {
      note_received(waiting_.front().bytes);
      give_frame(waiting_.front());
      ++given_count_;
    }
    waiting_.pop_front();
    pieces_.clear();
  }
  if (before == receive_produced_) return false;
  xen_.record("frames received", receive_produced_, 0);
  return receive_ring().show_responses(receive_produced_);
}

void NetworkBackEnd::give_frame(const WireFrame& frame) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    unsigned flags = i + 1 < pieces_.size() ? NETRXF_more_data : 0;
    if (i == 0 && frame.is_blank) flags |= NETRXF_csum_blank | NETRXF_data_validated;
    if (i == 0 && frame.is_validated) flags |= NETRXF_data_validated;
    const bool has_extra = i == 0 && frame.segments_type != XEN_NETIF_GSO_TYPE_NONE;
    if (has_extra) flags |= NETRXF_extra_info;
    give_part(static_cast<std::uint16_t>(flags), frame.bytes.data() + at, pieces_[i]);
    at += pieces_[i];
    if (!has_extra) continue;
    ExtraInfo extra{};
    extra.type = XEN_NETIF_EXTRA_TYPE_GSO;
    extra.segments.size = frame.segment_bytes;
    extra.segments.type = frame.segments_type;
    ReceiveResponse response;
    std::memcpy(&response, &extra, sizeof response);
    ++receive_consumed_;
    receive_ring().put(receive_produced_++, response);
  }
}

void NetworkBackEnd::give_part(std::uint16_t flags, const std::byte* bytes, std::size_t count) {
  const ReceiveRequest request = receive_ring().request(receive_consumed_++);
  ReceiveResponse response{request.id, 0, flags, NETIF_RSP_ERROR};
  const auto page = xen_.grants().map(request.reference, true);
  if (!page && !is_hostile()) world_.fail("network: a buffer's page is not granted");
  if (page) {
    response.offset = static_cast<std::uint16_t>(world_.prng().below(page_bytes - count + 1));
    response.status = static_cast<std::int16_t>(count);
    std::memcpy(page->bytes() + response.offset, bytes, count);
  }
  receive_ring().put(receive_produced_++, response);
}

// --- hostility ----------------------------------------------------------------------------------

void NetworkBackEnd::misbehave() {
  send_ring().response_end = send_ring().request_end + 1;
  notify(channel_);
}

void NetworkBackEnd::be_hostile() {
  const auto junk = static_cast<std::uint32_t>(world_.prng().next());
  SendRing& ring = send_ring();
  switch (world_.prng().below(8)) {
    case 0:
      ring.response_end = junk;
      break;
    case 1:
      receive_ring().response_end = junk;
      break;
    case 2:  // what was not sent, or twice, or with no such status
      ring.put(send_produced_++, SendResponse{static_cast<std::uint16_t>(junk % 300),
                                              static_cast<std::int16_t>(junk >> 29)});
      ring.response_end = send_produced_;
      break;
    case 3:  // an extra info that is not there
      ring.put(send_produced_++, SendResponse{0, NETIF_RSP_NULL});
      ring.response_end = send_produced_;
      break;
    default:
      be_hostile_in_receiving(junk);
  }
  notify(channel_);
  if (has_split_) notify(receive_channel_);
}

void NetworkBackEnd::be_hostile_in_receiving(std::uint32_t junk) {
  ReceiveRing& ring = receive_ring();
  if (ring.shown_requests() == receive_consumed_) return;
  const ReceiveRequest request = ring.request(receive_consumed_++);
  ReceiveResponse response{request.id, 0, 0, 0};
  switch (world_.prng().below(5)) {
    case 0:  // beyond the page
      response.offset = 4000;
      response.status = static_cast<std::int16_t>(junk | 0x100);
      break;
    case 1:
      response.id = static_cast<std::uint16_t>(junk);
      break;
    case 2:  // what nobody asked for
      response.flags = static_cast<std::uint16_t>(junk);
      response.status = 60;
      break;
    case 3:  // more is said to come, and never does
      response.flags = NETRXF_more_data;
      response.status = 100;
      break;
    default:
      std::memcpy(&response, &junk, sizeof junk);
  }
  ring.put(receive_produced_++, response);
  ring.response_end = receive_produced_;
}

}  // namespace sundog::sim::xen
