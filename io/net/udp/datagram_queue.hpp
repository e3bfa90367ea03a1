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

// How much the queues of all sockets have together.
class DatagramMemory {
 public:
  // False: there is no more for another queue.
  bool take(std::size_t bytes) noexcept;
  void give_back(std::size_t bytes) noexcept { used_ -= bytes; }
  // Half of it is used: who needs none gives back what it has.
  bool scarce() const noexcept;
  std::size_t used_bytes() const noexcept { return used_; }

 private:
  std::size_t used_ = 0;
};

class DatagramQueue {
 public:
  // The memory outlives it, or clear() comes before its end.
  explicit DatagramQueue(DatagramMemory& memory) noexcept : memory_(memory) {}
  ~DatagramQueue() { clear(); }
  DatagramQueue(const DatagramQueue&) = delete;
  DatagramQueue& operator=(const DatagramQueue&) = delete;

  // Drops all messages, and gives the memory back.
  void clear() noexcept;
  bool empty() const noexcept { return used_ == 0; }
  // A message of `bytes` bytes that begins at `start` of the packet. False: it is full, or there is
  // no memory.
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

  DatagramMemory& memory_;
  std::unique_ptr<std::byte[]> ring_;
  std::size_t begin_ = 0;
  std::size_t used_ = 0;
};

}  // namespace sundog::net
