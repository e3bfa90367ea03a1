// ReceivePool: memory that the kernel picks from when something arrives that nobody has asked for
// yet.
//
// Shared by all sockets of one poller: one pool for streams, one for datagrams. A piece begins with
// a few words of ours, so that a socket can keep any number of pieces in a list without allocating.
// The memory lives as long as somebody holds a piece, longer than the ring if need be; and of a
// piece only the pages that were once filled take memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

struct io_uring;

namespace sundog {

class BufferRing;

class ReceivePool {
 public:
  struct Kind {
    std::uint16_t group;  // the buffer group's number
    unsigned pieces;      // a power of two, as io_uring wants it
    std::size_t bytes;    // of each, for the kernel to fill
  };
  // Requests are small, and who sends much is received from in another way (io/unix/inlet.hpp). As
  // many connections can send something in one turn of the loop as there are pieces.
  static constexpr Kind streams{.group = 0, .pieces = 2048, .bytes = 1024 - 16};

  // Before a message the kernel writes its head (io_uring_recvmsg_out) and the peer's name:
  // sockaddr_in or sockaddr_in6.
  static constexpr std::size_t head_bytes = 16;
  static constexpr std::size_t name_bytes = 32;
  // 65,527 bytes can be in a datagram over IPv6, fewer over IPv4. With the rest of a piece this is
  // two cache lines more than 64 KiB: were it whole pages, the beginnings of all pieces would share
  // few lines of the cache.
  static constexpr std::size_t message_bytes = 65'600;
  // About as many small messages as Linux keeps in a socket that nobody reads
  // (net.core.rmem_default). The kernel fills them one after the other, so that more would be
  // colder: with 1,024 an echo costs 6 % more.
  static constexpr Kind messages{
      .group = 1, .pieces = 256, .bytes = head_bytes + name_bytes + message_bytes};

  static constexpr std::size_t kinds = 2;

  // Holds what has come; belongs to whoever got it until give_back().
  struct Piece {
    Piece* next;
    std::uint32_t size;  // bytes that came
    std::uint16_t read;  // of a stream: so many of them have been read
    std::uint16_t id;
    std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  };
  static_assert(sizeof(Piece) == 16);

  // Registers with `ring`. Throws std::system_error where the kernel has no buffer rings (before
  // 5.19), or std::bad_alloc.
  ReceivePool(io_uring& ring, const Kind& kind);
  ReceivePool(const ReceivePool&) = delete;
  ReceivePool& operator=(const ReceivePool&) = delete;
  ~ReceivePool();

  // The ring ends; pieces that are held stay readable.
  void detach() noexcept;

  std::uint16_t group() const noexcept { return kind_.group; }
  // The piece that the kernel has filled.
  Piece& filled(std::uint16_t id) noexcept {
    Piece& piece = at(id);
    piece.id = id;
    return piece;
  }
  void give_back(Piece& piece) noexcept { give(piece.id); }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(std::byte* memory) const noexcept;
  };
  using Memory = std::unique_ptr<std::byte, Unmap>;
  static Memory allocate(std::size_t bytes);

  Piece& at(std::uint16_t id) noexcept {
    return *reinterpret_cast<Piece*>(memory_.get() + id * piece_bytes());
  }
  void give(std::uint16_t id) noexcept;
  std::size_t piece_bytes() const noexcept { return sizeof(Piece) + kind_.bytes; }

  const Kind& kind_;
  Memory memory_;
  std::unique_ptr<BufferRing> ring_;
};

// Pieces that a socket holds, oldest first.
class PieceList {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  unsigned count() const noexcept { return count_; }
  ReceivePool::Piece& front() noexcept { return *first_; }
  void push(ReceivePool::Piece& piece) noexcept {
    piece.next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = &piece;
    last_ = &piece;
    ++count_;
  }
  ReceivePool::Piece& pop() noexcept {
    --count_;
    return *std::exchange(first_, first_->next);
  }

 private:
  ReceivePool::Piece* first_ = nullptr;
  ReceivePool::Piece* last_ = nullptr;
  unsigned count_ = 0;
};

}  // namespace sundog
