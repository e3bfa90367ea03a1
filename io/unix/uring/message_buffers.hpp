// MessageBuffers: memory that the kernel picks from when datagrams arrive that nobody has asked for
// yet (io/unix/message_queue.hpp).
//
// Shared by all datagram sockets of one poller. Every buffer takes the largest datagram that UDP
// allows; but most are small, and of a buffer only the pages that were once filled take memory: a
// mebibyte altogether as long as none is longer than a page. Lives as long as somebody holds a
// message in it, longer than the ring if need be.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "sundog/io/unix/uring/buffer_ring.hpp"

namespace sundog {

class MessageBuffers {
 public:
  // About as many small messages as Linux keeps in a socket that nobody reads
  // (net.core.rmem_default). The kernel fills them one after the other, so that more would be
  // colder: with 1,024 an echo costs 6 % more.
  static constexpr unsigned pieces = 256;
  static constexpr std::uint16_t group = 1;
  // Room for the peer's name: sockaddr_in or sockaddr_in6.
  static constexpr std::size_t name_bytes = 32;
  // 65,527 bytes can be in a datagram over IPv6, fewer over IPv4. With the rest of a piece this is
  // two cache lines more than 64 KiB: were it whole pages, the beginnings of all pieces would share
  // few lines of the cache.
  static constexpr std::size_t message_bytes = 65'600;

  // A buffer with a message in it. Belongs to whoever got it until give_back().
  struct Piece {
    Piece* next;
    std::uint32_t size;  // bytes of the message
    // From here on the kernel writes, as `layout` says (io_uring_prep_recvmsg_multishot(3)).
    alignas(16) io_uring_recvmsg_out head;
    std::byte name[name_bytes];
    std::byte message[message_bytes];
  };
  // What a result of the kernel's counts beside the message.
  static constexpr std::uint32_t before_message = sizeof(io_uring_recvmsg_out) + name_bytes;
  static_assert(offsetof(Piece, message) == offsetof(Piece, head) + before_message);
  static_assert(sizeof(Piece) % 4096 == 128);

  // For requests of the code receive_messages.
  static const msghdr layout;

  // Registers with `ring`; throws as BufferRing does.
  explicit MessageBuffers(io_uring& ring);
  MessageBuffers(const MessageBuffers&) = delete;
  MessageBuffers& operator=(const MessageBuffers&) = delete;
  ~MessageBuffers();

  // The ring ends; pieces that are held stay readable.
  void detach() noexcept { ring_.detach(); }

  // The buffer that the kernel names in a completion.
  Piece& operator[](unsigned id) noexcept { return pieces_[id]; }
  void give_back(Piece& piece) noexcept;

 private:
  static Piece* allocate();

  BufferRing ring_;
  Piece* pieces_;
};

}  // namespace sundog
