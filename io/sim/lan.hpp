// SimNetwork: a network device of a simulated host, as a Network. Its frames go over a switch to
// the devices of other hosts on the same LAN, each along the links of network.hpp: with their
// delays, rates and queues, and with the faults of datagrams: lost, doubled, overtaken, damaged.
//
//   SimNetwork network(host, "lan");
//
// Every host that has a device with this LAN's name is on it. A checksum that was left partial is
// completed before a frame goes on its way, and arrives complete: a frame that is damaged then
// fails its receiver's check, as on a real wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sundog/io/network.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::sim {

class Host;
class World;
class FramePort;

// The switches of a world: which devices are connected. They know all addresses, learn nothing, and
// send frames to groups everywhere.
class Lans {
 public:
  explicit Lans(World& world) noexcept : world_(world) {}

  // Has the device on this LAN, which is made if it is the first one there, until it is destroyed.
  void plug_in(const std::string& lan, const std::shared_ptr<FramePort>& port);
  // A frame leaves a device.
  void carry(const std::string& lan, FramePort& from, std::vector<std::byte> frame);
  // The devices of this host are gone.
  void power_cut(const Host& host);

 private:
  World& world_;
  std::map<std::string, std::vector<std::weak_ptr<FramePort>>> lans_;
};

class SimNetwork {
 public:
  // How many buffers a device has in each direction.
  static constexpr std::size_t transmit_buffers = 16;
  static constexpr std::size_t receive_buffers = 64;

  // The host must outlive it. Throws std::system_error: too_many_files_open.
  SimNetwork(Host& host, std::string lan, std::size_t mtu = 1500);
  SimNetwork(SimNetwork&& other) noexcept = default;
  SimNetwork& operator=(SimNetwork&& other) noexcept {
    std::swap(port_, other.port_);
    return *this;
  }
  ~SimNetwork();

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

  // For scenarios: somebody pulls the plug, or puts it in again.
  void set_link(bool up);

 private:
  // Frames on their way keep it.
  std::shared_ptr<FramePort> port_;
};

static_assert(sundog::Network<SimNetwork>);

}  // namespace sundog::sim
