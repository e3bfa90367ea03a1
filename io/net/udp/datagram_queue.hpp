// DatagramQueue: messages that have come and were not received yet, in one ring of bytes. It has no
// memory until the first message waits: most sockets have a task that waits for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sundog/io/endpoint.hpp"
#include "sundog/io/flow.hpp"
#include "sundog/io/packet.hpp"

namespace sundog::net {

class DatagramQueue {
 public:
  bool empty() const noexcept { return used_ == 0; }
  // A message of `bytes` bytes that begins at `start` of the packet. False: it is full.
  bool push(const Endpoint& peer, const ReceivedPacket& packet, std::size_t start,
            std::size_t bytes) noexcept;
  // Takes the first, of which there must be one: as much as fits into the buffer. Gives how long
  // it was.
  std::size_t pop(Endpoint& peer, MutableBytes buffer) noexcept;

 private:
  struct Note {
    Endpoint peer;
    std::size_t bytes = 0;
  };

  void write(Bytes bytes) noexcept;
  // The first of what there is; they stay.
  void read(MutableBytes bytes) const noexcept;
  void drop(std::size_t bytes) noexcept;

  std::unique_ptr<std::byte[]> ring_;
  std::size_t begin_ = 0;
  std::size_t used_ = 0;
};

}  // namespace sundog::net
