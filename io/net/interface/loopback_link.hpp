// LoopbackLink: what this machine sends to itself. A frame's memory is handed on as it is: nothing
// is copied, and checksums are left as they are (Checksum::partial).
#pragma once

#include <cstddef>

#include "sundog/io/net/interface/link.hpp"
#include "sundog/io/net/interface/signal.hpp"
#include "sundog/io/packet_pool.hpp"

namespace sundog::net {

class LoopbackLink final : public Link, private PacketPool::Watcher {
 public:
  // Throws std::bad_alloc.
  LoopbackLink();
  ~LoopbackLink() override;

  MacAddress mac() const noexcept override { return MacAddress(); }
  std::size_t mtu() const noexcept override;
  Offloads offloads() const noexcept override;
  bool up() const noexcept override { return true; }
  NetworkStatistics statistics() const noexcept override { return statistics_; }
  TransmitBuffer try_buffer(std::size_t size) noexcept override;
  void send(TransmitBuffer buffer, const PacketOffload& offload) noexcept override;
  void send(TransmitBuffer buffer, LentPayload& payload,
            const PacketOffload& offload) noexcept override;
  void join(MacAddress) override {}
  void leave(MacAddress) noexcept override {}
  bool is_loopback() const noexcept override { return true; }
  void want_room(std::size_t size) noexcept override;
  Task<void> run(LinkUser& user) override;

 private:
  void came_back() noexcept override;

  PacketPool pool_;
  PacketQueue arrived_;
  Signal something_;
  bool room_wanted_ = false;
  NetworkStatistics statistics_;
};

}  // namespace sundog::net
