// XenNetwork: a network interface of the domain (`vif`) as a Network: the front end of Xen's
// network device (xen/io/netif.h).
//
//   struct Parts : Configuration {
//     NetworkDevice<XenNetwork> network{*this, "network"};      // vif 0
//     NetworkDevice<XenNetwork> inside{*this, "inside", 1};     // vif 1
//   };
//   XenNetwork network = co_await XenNetwork::connect();        // without a configuration
//
// The back end, in dom0 or in a domain of its own, is not trusted. What it answers is copied out of
// shared memory and judged; a frame is taken out of its hands before anybody looks at it. One that
// breaks the protocol costs its own interface, and is met again later, with one line in the log
// each time.
//
// Back ends come and go (`xl network-detach`, a service restarted): the link is down meanwhile, and
// up again once there is another. The address, the mtu and the offloads stay as they were at first.
// Frames that are sent before the first back end is connected wait for it.
//
// A back end that keeps a list of groups hears of one that was joined a little later, and gives
// frames to it from then on.
//
// What a receiver accepts is agreed on with the back end. It begins once the program first uses the
// device; accept() before anything else saves connecting twice.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "sundog/io/configuration.hpp"
#include "sundog/io/network.hpp"
#include "sundog/io/parameter_types.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog {

namespace xen {
class NetworkPort;
}

class XenNetwork {
 public:
  // Of the rings and buffers together. The least holds a dozen frames each way and four large
  // packets; less counts as that.
  static constexpr std::size_t memory_bytes_usual = 1'536 << 10;
  static constexpr std::size_t memory_bytes_min = 512 << 10;

  // What is set when the program starts.
  struct Parts : Configuration {
    Parameter<ByteCount> memory{*this, "memory", "for its rings and buffers",
                                ByteCount{memory_bytes_usual}};
  };

  // The domain's interface with this number. Waits until its back end is there; while there is
  // none, a line in the log says so. What a device of a configuration is made by has Parts besides.
  static Task<XenNetwork> connect(unsigned number = 0,
                                  std::size_t memory_bytes = memory_bytes_usual);
  static Task<XenNetwork> connect(Parts& parts, unsigned number);
  static Task<XenNetwork> connect(Parts& parts);

  XenNetwork(XenNetwork&& other) noexcept = default;
  XenNetwork& operator=(XenNetwork&& other) noexcept {
    std::swap(port_, other.port_);
    return *this;
  }
  ~XenNetwork();

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

 private:
  explicit XenNetwork(std::shared_ptr<xen::NetworkPort> port) noexcept : port_(std::move(port)) {}

  // Lives on after its owner until the back end has let go.
  std::shared_ptr<xen::NetworkPort> port_;
};

static_assert(Network<XenNetwork>);

}  // namespace sundog
