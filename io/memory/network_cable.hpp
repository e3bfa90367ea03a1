// NetworkCable: two Networks with nothing between them, in one loop's memory: what one sends, the
// other receives at once. For tests, and for two stacks in one program.
//
//   auto [left, right] = network_cable();
//
// Checksums may be left partial: they are completed on the way unless the other side accepts them
// so. Large packets are not taken. When an end is destroyed, or unplug()ged, the other one's link
// is down.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "sundog/io/network.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

class NetworkCable;

// One end of a cable: a Network. The two ends may be destroyed in either order.
class CableEnd {
 public:
  CableEnd(CableEnd&& other) noexcept;
  CableEnd& operator=(CableEnd&& other) noexcept;
  ~CableEnd();

  MacAddress mac() const noexcept;
  std::size_t mtu() const noexcept;
  Offloads offloads() const noexcept;
  bool link_up() const noexcept;
  Task<bool> link_changed(bool known);

  Task<TransmitBuffer> buffer(std::size_t size);
  TransmitBuffer try_buffer(std::size_t size);
  void send(TransmitBuffer buffer, const PacketOffload& offload) noexcept;
  void send(TransmitBuffer buffer, LentPayload& payload, const PacketOffload& offload) noexcept;

  Task<ReceivedPacket> receive();
  ReceivedPacket try_receive();
  void accept(const Offloads& offloads) noexcept;
  void join(MacAddress group);
  void leave(MacAddress group) noexcept;
  void receive_everything(bool everything) noexcept;

  NetworkStatistics statistics() const noexcept;

  // For both ends: the link goes down, or comes up again.
  void unplug() noexcept;
  void plug_in() noexcept;

 private:
  friend std::pair<CableEnd, CableEnd> network_cable(std::size_t mtu);
  struct Side;
  CableEnd(std::shared_ptr<NetworkCable> cable, std::size_t side) noexcept;
  Side& near() const noexcept;
  Side& far() const noexcept;

  friend class NetworkCable;
  std::shared_ptr<NetworkCable> cable_;
  std::size_t side_;
};

// Their addresses are 02:00:00:00:00:01 and 02:00:00:00:00:02. Throws std::bad_alloc.
std::pair<CableEnd, CableEnd> network_cable(std::size_t mtu = 1500);

static_assert(Network<CableEnd>);

}  // namespace sundog
