// LinkOver<N>: any Network as a Link. Only this forwarding is a template.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <new>
#include <utility>

#include "sundog/io/net/interface/link.hpp"
#include "sundog/io/net/interface/signal.hpp"
#include "sundog/io/network.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"

namespace sundog::net {

template <Network N>
class LinkOver final : public Link {
 public:
  // Takes in what the stack understands: checksums that others completed or left partial, and large
  // packets where the device has such.
  explicit LinkOver(N network) : network_(std::move(network)) {
    Offloads understood = network_.offloads();
    understood.checksum4 = understood.checksum6 = true;
    network_.accept(understood);
  }

  N& network() noexcept { return network_; }

  MacAddress mac() const noexcept override { return network_.mac(); }
  std::size_t mtu() const noexcept override { return network_.mtu(); }
  Offloads offloads() const noexcept override { return network_.offloads(); }
  bool up() const noexcept override { return network_.link_up(); }
  NetworkStatistics statistics() const noexcept override { return network_.statistics(); }
  TransmitBuffer try_buffer(std::size_t size) noexcept override {
    return network_.try_buffer(size);
  }
  void send(TransmitBuffer buffer, const PacketOffload& offload) noexcept override {
    network_.send(std::move(buffer), offload);
  }
  void send(TransmitBuffer buffer, LentPayload& payload,
            const PacketOffload& offload) noexcept override {
    network_.send(std::move(buffer), payload, offload);
  }
  void join(MacAddress group) override { network_.join(group); }
  void leave(MacAddress group) noexcept override { network_.leave(group); }

  void want_room(std::size_t size) noexcept override {
    wanted_bytes_ = std::max(wanted_bytes_, size);
    room_wanted_.raise();
  }
  Task<void> run(LinkUser& user) override {
    co_await scope([&](Scope& tasks) -> Task<void> {
      tasks.spawn(receive_frames(user));
      tasks.spawn(wait_for_room(user));
      tasks.spawn(watch_link(user));
      co_return;
    });
  }

 private:
  // How long to wait until there may be memory again for a wait.
  static constexpr Duration memory_pause = std::chrono::milliseconds(10);

  Task<void> receive_frames(LinkUser& user) {
    for (;;) {
      // A machine without memory for a moment loses frames, and does not end.
      try {
        for (;;) {
          ReceivedPacket packet = co_await network_.receive();
          user.frame(std::move(packet));
        }
      } catch (const std::bad_alloc&) {
        // It is waited for again, a little later.
      }
      co_await sleep(memory_pause);
    }
  }
  Task<void> wait_for_room(LinkUser& user) {
    for (;;) {
      co_await room_wanted_.wait("somebody who has no room for a frame");
      const std::size_t size = std::exchange(wanted_bytes_, 0);
      bool no_memory = false;
      try {
        // Given back at once: it is there for whoever is told.
        const TransmitBuffer buffer = co_await network_.buffer(size);
      } catch (const std::bad_alloc&) {
        no_memory = true;
      }
      if (no_memory) co_await sleep(memory_pause);
      user.room();
    }
  }
  Task<void> watch_link(LinkUser& user) {
    for (bool known = network_.link_up();; known = !known) {
      co_await network_.link_changed(known);
      user.link_changed(!known);
    }
  }

  N network_;
  Signal room_wanted_;
  std::size_t wanted_bytes_ = 0;
};

}  // namespace sundog::net
