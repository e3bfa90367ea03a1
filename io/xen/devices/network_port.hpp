// NetworkPort: what a XenNetwork (network.hpp) is: its buffers, what waits to be sent or received,
// and what is known of it. It keeps the device connected (DeviceKeeper); each meeting with a back
// end is a NetworkLink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sundog/io/frame_filter.hpp"
#include "sundog/io/network.hpp"
#include "sundog/io/packet_pool.hpp"
#include "sundog/io/send_buffers.hpp"
#include "sundog/io/xen/devices/device_keeper.hpp"
#include "sundog/io/xen/devices/network_keys.hpp"
#include "sundog/io/xen/devices/receive_memory.hpp"
#include "sundog/io/xen/devices/receive_queue.hpp"
#include "sundog/io/xen/devices/send_memory.hpp"
#include "sundog/io/xen/devices/send_queue.hpp"
#include "sundog/io/xen/event_count.hpp"
#include "sundog/runtime/turn_hooks.hpp"
#include "sundog/runtime/wait_queue.hpp"

namespace sundog::xen {

class NetworkLink;

class NetworkPort final : private DeviceKeeper,
                          private TurnHook,
                          public SendUser,
                          public ReceiveUser {
 public:
  // What senders write into.
  using Buffers = SendBuffers<SendMemory>;

  NetworkPort(unsigned number, std::size_t memory_bytes);
  ~NetworkPort();

  // --- for XenNetwork --------------------------------------------------------------------------

  // Makes one, and keeps it connected from now on, until abandon().
  static std::shared_ptr<NetworkPort> open(unsigned number, std::size_t memory_bytes);
  // Until the toolstack and the back end have said what it is. Throws what the store throws.
  Task<void> until_known();
  // The program does not want it any more.
  void abandon() noexcept;
  // The program has begun to use it: what it accepts is known.
  void use() noexcept {
    if (used_.count() == 0) used_.advance();
  }
  // Throws std::system_error (no_such_device) when nothing can ever come again.
  void check() const;

  // See Network; not before until_known() has ended.
  MacAddress mac() const noexcept { return filter_->own(); }
  std::size_t mtu() const noexcept { return mtu_; }
  Offloads offloads() const noexcept { return offloads_; }
  bool up() const noexcept { return link_ != nullptr && has_carrier_; }
  TransmitBuffer try_buffer(std::size_t size) noexcept;
  Task<TransmitBuffer> buffer(std::size_t size);
  void send(PacketMemory& frame, const PacketOffload& offload) noexcept;
  ReceivedPacket try_receive() noexcept;
  void accept(const Offloads& offloads) noexcept;
  void join(MacAddress group);
  void leave(MacAddress group) noexcept;
  void receive_everything(bool everything) noexcept;
  const NetworkStatistics& statistics() const noexcept { return statistics_; }
  // Those who wait for a frame, or for the link.
  WaitQueue& arrival_line() noexcept { return arrival_; }
  WaitQueue& link_line() noexcept { return link_line_; }

  // --- for NetworkLink ---------------------------------------------------------------------------

  // What the first back end can do stays what the program may count on. Throws std::bad_alloc, or
  // std::system_error when there are no grants.
  void learn(MacAddress mac, std::size_t mtu, const BackEndFeatures& features);
  // Until the program has begun to use it.
  Task<void> until_used() { co_await used_.after(0); }
  // What the program accepts now, of a back end that can do this.
  NetworkOffer offer(const BackEndFeatures& features) const noexcept;
  ReceiveMemory& receive_memory() noexcept { return *receive_; }
  std::size_t posted_count() const noexcept { return receive_->count() / 2; }
  // Frames that wait for room in the ring.
  PacketQueue& waiting() noexcept { return waiting_; }
  void set_carrier(bool has_carrier) noexcept;
  template <class Each>
  void for_each_group(Each each) const {
    filter_->for_each_group(each);
  }
  // Somebody waits for a buffer.
  bool is_short_of_room() const noexcept;
  // Makes of a frame one that a back end with these features takes; false if it takes none such.
  static bool make_fit(PacketMemory& frame, const BackEndFeatures& features) noexcept;
  // A frame that cannot be sent.
  void lose(PacketMemory& frame) noexcept;

 private:
  static Task<void> drive(std::shared_ptr<NetworkPort> self);

  // DeviceKeeper
  std::unique_ptr<FrontEnd> make(const BackEndPlace& place) override;
  void connected(FrontEnd& front) override;
  Task<void> attend(FrontEnd& front) override;
  Task<void> finish(FrontEnd& front) override;
  void disconnected(FrontEnd& front) noexcept override;
  void parted(FrontEnd& front) noexcept override;
  // TurnHook: what was sent in this turn of the loop leaves.
  void call() override;
  // SendUser, ReceiveUser
  void sent(PacketMemory& frame, bool taken) noexcept override;
  void group_refused() noexcept override;
  void received(PacketMemory& first, std::size_t size) noexcept override;
  void received_wrong() noexcept override { ++statistics_.received_wrong; }
  void received_lost() noexcept override { ++statistics_.received_lost; }

  Buffers& buffers_for(std::size_t size) noexcept;
  bool make_acceptable(PacketMemory& first, std::size_t size) noexcept;
  // Connects anew if the program and the back end would agree on something else by now.
  void reconsider() noexcept;

  const std::size_t memory_bytes_;
  EventCount known_{"a network's back end"};
  EventCount used_{"a network to be used"};
  std::exception_ptr failure_;

  std::size_t mtu_ = 0;
  Offloads offloads_;
  Offloads accepted_;
  std::optional<FrameFilter> filter_;
  bool groups_refused_ = false;

  std::optional<Buffers> small_;
  std::optional<Buffers> large_;
  std::optional<ReceiveMemory> receive_;
  PacketQueue waiting_;
  // What has come and waits to be received, a ring; each is a frame's first piece.
  std::vector<PacketMemory*> arrived_;
  std::size_t arrived_begin_ = 0;
  std::size_t arrived_count_ = 0;
  WaitQueue arrival_;
  WaitQueue link_line_;
  NetworkStatistics statistics_;

  NetworkLink* link_ = nullptr;  // as long as it is connected
  bool was_connected_ = false;
  bool has_carrier_ = true;
  bool abandoned_ = false;
};

}  // namespace sundog::xen
