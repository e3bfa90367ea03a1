// Link: a Network device (io/network.hpp) behind virtual functions, so that the stack's code is
// compiled once and not for each kind of device. link_over.hpp makes one of any Network; the
// loopback is another (loopback_link.hpp).
#pragma once

#include <cstddef>

#include "sundog/io/mac_address.hpp"
#include "sundog/io/network.hpp"
#include "sundog/io/packet.hpp"
#include "sundog/runtime/task.hpp"

namespace sundog::net {

// Is told what happens on a link.
class LinkUser {
 public:
  // A frame has come.
  virtual void frame(ReceivedPacket packet) noexcept = 0;
  // A buffer of the size that was asked for by want_room() is free.
  virtual void room() noexcept = 0;
  virtual void link_changed(bool up) noexcept = 0;

 protected:
  ~LinkUser() = default;
};

class Link {
 public:
  virtual ~Link() = default;

  // See Network.
  virtual MacAddress mac() const noexcept = 0;
  virtual std::size_t mtu() const noexcept = 0;
  virtual Offloads offloads() const noexcept = 0;
  virtual bool up() const noexcept = 0;
  virtual NetworkStatistics statistics() const noexcept = 0;
  virtual TransmitBuffer try_buffer(std::size_t size) noexcept = 0;
  virtual void send(TransmitBuffer buffer, const PacketOffload& offload) noexcept = 0;
  virtual void send(TransmitBuffer buffer, LentPayload& payload,
                    const PacketOffload& offload) noexcept = 0;
  virtual void join(MacAddress group) = 0;
  virtual void leave(MacAddress group) noexcept = 0;
  // There are no addresses on it, and nobody to be asked for one.
  virtual bool is_loopback() const noexcept { return false; }

  // The user is told once, from a task and not from in here, when try_buffer(size) may succeed.
  virtual void want_room(std::size_t size) noexcept = 0;
  // Tells the user, which outlives it, what happens. Ends when it is cancelled, or throws what the
  // device throws when it is gone.
  virtual Task<void> run(LinkUser& user) = 0;
};

}  // namespace sundog::net
