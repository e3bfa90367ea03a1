// TapNetwork: a TAP device of the host as a Network: what it sends, the host's own stack receives
// on an interface, and the other way round.
//
//   TapNetwork network = TapNetwork::open("tap0", MacAddress({2, 0, 0, 0, 0, 1}));
//
// Frames pass with the header that virtual machines put in front of them (struct virtio_net_hdr of
// <linux/virtio_net.h>), so that neither side computes checksums the other need not have, and large
// TCP segments pass in one system call, in both directions.
//
// The device needs the capability CAP_NET_ADMIN, or one that was made for this user before (ip
// tuntap add dev tap0 mode tap user NAME vnet_hdr). It may also be handed in as a descriptor, by
// whoever may open it. The host's side needs an address and to be up: ip addr add 10.0.0.1/24 dev
// tap0; ip link set tap0 up.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "sundog/io/network.hpp"
#include "sundog/io/unix/descriptor.hpp"
#include "sundog/io/unix/only_unix.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace detail {
class TapPort;
struct AbandonTap {
  void operator()(TapPort* port) const noexcept;
};
}  // namespace detail

class TapNetwork {
 public:
  // How many buffers it has, of one frame each.
  static constexpr std::size_t transmit_buffers = 64;
  static constexpr std::size_t receive_buffers = 256;
  // For large packets, in each direction.
  static constexpr std::size_t large_buffers = 8;

  // Opens the device with this name, or makes it; an empty name lets the host choose one. The
  // address is this side's, not the host's. Throws std::system_error that says what to do:
  // operation_not_permitted, no_such_file_or_directory (no TAP devices here) ...
  static TapNetwork open(const std::string& name, MacAddress mac, std::size_t mtu = 1500);
  // A device that somebody else has opened, with IFF_TAP, IFF_NO_PI and IFF_VNET_HDR; or a socket
  // that keeps messages apart (SOCK_SEQPACKET, SOCK_DGRAM) to somebody who speaks the same.
  TapNetwork(Descriptor device, MacAddress mac, std::size_t mtu = 1500);
  TapNetwork(TapNetwork&& other) noexcept = default;
  TapNetwork& operator=(TapNetwork&& other) noexcept {
    std::swap(port_, other.port_);
    return *this;
  }

  // What the host calls the device; empty for a socket.
  std::string name() const;

  // See Network.
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

  // The plug is pulled out, or put in again, at this end; the host sees the carrier go and come.
  void set_link(bool up) noexcept;

 private:
  std::unique_ptr<detail::TapPort, detail::AbandonTap> port_;
};

static_assert(Network<TapNetwork>);

}  // namespace sundog
