#include "sundog/io/xen/devices/network_port.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "sundog/io/complete_checksum.hpp"
#include "sundog/io/xen/devices/frame_transport.hpp"
#include "sundog/io/xen/devices/network.hpp"
#include "sundog/io/xen/devices/network_link.hpp"
#include "sundog/io/xen/memory.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/language/probe.hpp"
#include "sundog/runtime/protect.hpp"
#include "sundog/runtime/text/log.hpp"

namespace sundog::xen {
namespace {

log::Source network_log("vif");

// As much as a ring's slot can say of a frame's size.
constexpr std::size_t large_frame_bytes = 0xffff;

// How many buffers of each kind are made of the memory that the device may have.
struct Plan {
  std::size_t small = 0;
  std::size_t large = 0;
  std::size_t pages_to_receive = 0;
};

std::size_t pages_in(std::size_t bytes) noexcept { return (bytes + page_bytes - 1) / page_bytes; }

Plan divide(std::size_t memory_bytes, std::size_t small_bytes, bool has_large) noexcept {
  constexpr std::size_t ring_pages = 2;
  constexpr std::size_t pages_for_large = 96;  // of all the memory, for each of them
  constexpr std::size_t large_max = 8;
  constexpr std::size_t small_max = 64;
  constexpr std::size_t part_for_small = 8;
  constexpr std::size_t receive_min = 2 * ReceiveQueue::pieces_max;
  const std::size_t pages =
      std::max(memory_bytes, XenNetwork::memory_bytes_min) / page_bytes - ring_pages;
  Plan plan;
  if (has_large) plan.large = std::clamp(pages / pages_for_large, send_buffers_min, large_max);
  plan.small =
      std::clamp(pages / part_for_small / pages_in(small_bytes), send_buffers_min, small_max);
  const std::size_t pages_to_send =
      plan.small * pages_in(small_bytes) + plan.large * pages_in(large_frame_bytes);
  plan.pages_to_receive = std::max(pages, pages_to_send + receive_min) - pages_to_send;
  return plan;
}

}  // namespace

// --- its life -----------------------------------------------------------------------------------

NetworkPort::NetworkPort(unsigned number, std::size_t memory_bytes)
    : DeviceKeeper("vif", number, DeviceState::connected),
      TurnHook(Scheduler::current().before_wait),
      memory_bytes_(memory_bytes) {}

NetworkPort::~NetworkPort() = default;

std::shared_ptr<NetworkPort> NetworkPort::open(unsigned number, std::size_t memory_bytes) {
  auto port = std::make_shared<NetworkPort>(number, memory_bytes);
  // It runs on by itself.
  static_cast<void>(async(drive(port)));
  return port;
}

// Behind a shield, so that a back end is parted from when the program ends.
Task<void> NetworkPort::drive(std::shared_ptr<NetworkPort> self) {
  try {
    co_await protect(self->run());
  } catch (...) {
    self->failure_ = std::current_exception();
  }
  self->known_.advance();
  self->arrival_.wake_all();
}

Task<void> NetworkPort::until_known() {
  co_await known_.after(0);
  if (failure_) std::rethrow_exception(failure_);
}

void NetworkPort::check() const {
  if (!failure_) return;
  throw std::system_error(std::make_error_code(std::errc::no_such_device),
                          "the network interface is gone: xenstore is broken");
}

void NetworkPort::abandon() noexcept {
  abandoned_ = true;
  while (ReceivedPacket dropped = try_receive()) {
  }
  stop();
}

std::unique_ptr<FrontEnd> NetworkPort::make(const BackEndPlace& place) {
  return std::make_unique<NetworkLink>(place, *this);
}

void NetworkPort::learn(MacAddress mac, std::size_t mtu, const BackEndFeatures& features) {
  if (filter_) {
    if (mac != filter_->own() || mtu < mtu_) {
      SUNDOG_PROBE("a network device came back as another");
      network_log.warning(
          "{} came back with the address {} and an mtu of {}: the program keeps {} "
          "and {} until it is restarted",
          name(), mac.to_string(), mtu, filter_->own().to_string(), mtu_);
    }
    return;
  }
  const bool has_large = features.segments4 || features.segments6;
  const Plan plan = divide(memory_bytes_, mtu + frame_header_bytes, has_large);
  small_.emplace(plan.small, mtu + frame_header_bytes);
  if (has_large) large_.emplace(plan.large, large_frame_bytes);
  receive_.emplace(plan.pages_to_receive);
  arrived_.resize(plan.pages_to_receive);
  mtu_ = mtu;
  offloads_.checksum4 = features.checksum4;
  offloads_.checksum6 = features.checksum6;
  offloads_.tcp4 = features.segments4;
  offloads_.tcp6 = features.segments6;
  if (has_large) offloads_.segmented_bytes_max = large_frame_bytes;
  filter_.emplace(mac);
  known_.advance();
}

NetworkOffer NetworkPort::offer(const BackEndFeatures& features) const noexcept {
  NetworkOffer offer;
  offer.checksums = accepted_.checksum4 && accepted_.checksum6;
  offer.segments4 = offer.checksums && accepted_.tcp4;
  offer.segments6 = offer.checksums && accepted_.tcp6;
  offer.only_groups = features.groups && !groups_refused_ && !filter_->everything();
  return offer;
}

void NetworkPort::reconsider() noexcept {
  if (link_ == nullptr) return;
  const NetworkOffer wanted = offer(link_->features());
  if (wanted == link_->offered()) return;
  if (link_->can_change_to(wanted)) {
    link_->change_offer();
  } else {
    meet_again();
  }
}

void NetworkPort::connected(FrontEnd& front) {
  link_ = static_cast<NetworkLink*>(&front);
  was_connected_ = true;
  has_carrier_ = true;
  const domid_t domain = front.place().domain;
  small_->pool.open(domain);
  if (large_) large_->pool.open(domain);
  network_log.info("{}: connected to its back end in domain {}, address {}, mtu {}", name(), domain,
                   filter_->own().to_string(), mtu_);
  link_line_.wake_all();
  reconsider();
}

Task<void> NetworkPort::attend(FrontEnd& front) {
  return static_cast<NetworkLink&>(front).attend();
}

Task<void> NetworkPort::finish(FrontEnd& front) {
  return static_cast<NetworkLink&>(front).until_idle();
}

void NetworkPort::disconnected(FrontEnd&) noexcept {
  link_ = nullptr;
  while (!waiting_.empty()) lose(waiting_.pop());
  link_line_.wake_all();
  if (!abandoned_) network_log.warning("{}: its back end is gone: the link is down", name());
}

void NetworkPort::parted(FrontEnd& front) noexcept {
  static_cast<NetworkLink&>(front).end();
  if (!filter_) return;
  small_->pool.close();
  if (large_) large_->pool.close();
}

void NetworkPort::set_carrier(bool has_carrier) noexcept {
  if (has_carrier_ == has_carrier) return;
  has_carrier_ = has_carrier;
  link_line_.wake_all();
}

// --- sending ------------------------------------------------------------------------------------

NetworkPort::Buffers& NetworkPort::buffers_for(std::size_t size) noexcept {
  if (size <= small_->pool.bytes_max()) return *small_;
  SUNDOG_ASSERT(large_, "a frame of this device cannot be that long");
  return *large_;
}

void NetworkPort::lose(PacketMemory& frame) noexcept {
  ++statistics_.sent_lost;
  frame.owner->give_back(frame);
}

void NetworkPort::send(PacketMemory& frame, const PacketOffload& offload) noexcept {
  SUNDOG_ASSERT(frame.owner == &small_->pool || (large_ && frame.owner == &large_->pool),
                "a frame is sent by whom its buffer is from");
  SUNDOG_ASSERT(frame.size >= frame_header_bytes, "a frame has a header");
  SUNDOG_ASSERT(offloads_.segments(offload.segmentation),
                "the device does not cut packets of this kind: see offloads()");
  ++statistics_.sent_frames;
  statistics_.sent_bytes += frame.size;
  frame.offload = offload;
  // The first back end is waited for; where there was one, the link is down.
  if (link_ != nullptr ? !has_carrier_ : was_connected_ || failure_ != nullptr) {
    return lose(frame);
  }
  waiting_.push(frame);
}

// A later back end may do less than the first, which the program still counts on.
bool NetworkPort::make_fit(PacketMemory& frame, const BackEndFeatures& features) noexcept {
  PacketOffload& offload = frame.offload;
  if (frame.size > page_bytes && !features.gathers) {
    SUNDOG_PROBE("a large frame for a back end that takes none");
    return false;
  }
  if (offload.checksum != Checksum::partial) return offload.segmentation == Segmentation::none;
  // The back end looks for the place of the sum itself.
  const auto transport = find_transport(frame.bytes());
  const bool is_v6 = transport && transport->is_v6;
  const bool is_found = transport && transport->start == offload.checksum_start &&
                        transport->checksum_offset() == offload.checksum_offset;
  if (offload.segmentation != Segmentation::none) {
    return is_found && (is_v6 ? features.segments6 : features.segments4);
  }
  if (is_found && (is_v6 ? features.checksum6 : features.checksum4)) return true;
  if (!complete_checksum(frame.bytes(), offload)) return false;
  offload = {};
  return true;
}

bool NetworkPort::is_short_of_room() const noexcept {
  return !small_->line.empty() || (large_ && !large_->line.empty());
}

TransmitBuffer NetworkPort::try_buffer(std::size_t size) noexcept {
  Buffers& buffers = buffers_for(size);
  TransmitBuffer buffer = buffers.take(size);
  if (buffer || link_ == nullptr) return buffer;
  // Some may have been answered without an event.
  link_->look_for_answers();
  return buffers.take(size);
}

Task<TransmitBuffer> NetworkPort::buffer(std::size_t size) {
  TransmitBuffer buffer = try_buffer(size);
  if (buffer) co_return buffer;
  co_return co_await buffers_for(size).wait(size);
}

void NetworkPort::call() {
  if (link_ != nullptr) link_->flush();
}

void NetworkPort::sent(PacketMemory& frame, bool taken) noexcept {
  if (!taken) {
    SUNDOG_PROBE("a back end did not take a frame");
    ++statistics_.sent_lost;
  }
  frame.owner->give_back(frame);
}

// --- receiving ----------------------------------------------------------------------------------

void NetworkPort::received(PacketMemory& first, std::size_t size) noexcept {
  ReceivedPacket packet(first);
  if (!filter_->wants(frame_target(first.bytes())) || abandoned_ || !has_carrier_) return;
  if (!make_acceptable(first, size)) return received_wrong();
  ++statistics_.received_frames;
  statistics_.received_bytes += size;
  // There are as many places as pages.
  arrived_[(arrived_begin_ + arrived_count_++) % arrived_.size()] = &packet.release();
  arrival_.wake_all();
}

// For a while after the program has come to accept less, frames may come as it did before.
bool NetworkPort::make_acceptable(PacketMemory& first, std::size_t size) noexcept {
  PacketOffload& offload = first.offload;
  const bool bears_partial = accepted_.checksum4 && accepted_.checksum6;
  if ((offload.segmentation == Segmentation::tcp4 && !(bears_partial && accepted_.tcp4)) ||
      (offload.segmentation == Segmentation::tcp6 && !(bears_partial && accepted_.tcp6))) {
    return false;
  }
  if (offload.checksum != Checksum::partial || bears_partial) return true;
  if (first.size != size || !complete_checksum(first.bytes(), offload)) {
    return false;
  }
  offload = PacketOffload{.checksum = Checksum::verified};
  return true;
}

ReceivedPacket NetworkPort::try_receive() noexcept {
  if (arrived_count_ == 0) return {};
  PacketMemory& packet = *arrived_[arrived_begin_];
  arrived_begin_ = (arrived_begin_ + 1) % arrived_.size();
  --arrived_count_;
  return ReceivedPacket(packet);
}

void NetworkPort::accept(const Offloads& offloads) noexcept {
  accepted_ = offloads;
  use();
  reconsider();
}

void NetworkPort::join(MacAddress group) {
  const bool is_new = !filter_->is_joined(group);
  filter_->join(group);
  if (is_new && link_ != nullptr) link_->change_group(group, true);
}

void NetworkPort::leave(MacAddress group) noexcept {
  filter_->leave(group);
  // One that the back end still gives is filtered out here; without memory to tell it, it is not
  // told.
  try {
    if (!filter_->is_joined(group) && link_ != nullptr) link_->change_group(group, false);
  } catch (const std::bad_alloc&) {
  }
}

void NetworkPort::receive_everything(bool everything) noexcept {
  filter_->set_everything(everything);
  reconsider();
}

void NetworkPort::group_refused() noexcept {
  groups_refused_ = true;
  reconsider();
}

}  // namespace sundog::xen
