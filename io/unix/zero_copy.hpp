// ZeroCopy: sends many bytes without copying them into the kernel (IORING_OP_SEND_ZC).
//
// The network card, or the receiving process of this machine, takes them from where they are. So
// they belong to the kernel until the peer has acknowledged them, and only then is a write over.
// That must not be what limits the rate: several pieces are under way, of which one at a time is
// being handed over, in order.
//
// A write that is cancelled, or whose socket is closed under it, must give its bytes back, whatever
// the peer does: the connection is reset (a stream that breaks off in the middle is of no use any
// more).
#pragma once

#include <array>
#include <cstddef>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/request.hpp"

namespace sundog::detail {

class SendOperation;

class ZeroCopy {
 public:
  // Below, copying costs less than the kernel's book-keeping, over loopback: bench, zero_copy.
  static constexpr std::size_t worth_it_from = std::size_t{256} << 10;
  // Larger ones do not fit into a socket's queue, and the kernel waits in the middle.
  static constexpr std::size_t piece_bytes_max = std::size_t{512} << 10;

  // `bytes` are borrowed until `write` is told, by all_returned().
  ZeroCopy(SendOperation& write, int socket, Bytes bytes) noexcept;
  ZeroCopy(const ZeroCopy&) = delete;
  ZeroCopy& operator=(const ZeroCopy&) = delete;

  void start() noexcept { send_next(); }
  void cancel() noexcept { give_up(Reason::cancelled); }

 private:
  enum class Reason : unsigned char { none, cancelled, closed };

  // free --begin()--> handed over piece by piece --result--> held by the kernel --released--> free
  class Piece final : public Request {
   public:
    Piece() noexcept : Request(-1, SendZeroCopy()) {}
    ZeroCopy* whole = nullptr;
    bool under_way = false;

   private:
    void closing() noexcept override { whole->give_up(Reason::closed); }
    void completed(int result, bool more, bool left) noexcept override;
  };

  void send_next() noexcept;
  void handed_over(int result) noexcept;
  void returned() noexcept;
  void give_up(Reason reason) noexcept;
  void take_back() noexcept;

  SendOperation& write_;
  int socket_;
  Bytes rest_;                   // not handed over yet
  Piece* being_sent_ = nullptr;  // the one whose result is due
  unsigned under_way_ = 0;       // pieces that the kernel has
  int error_ = 0;
  Reason given_up_ = Reason::none;
  bool reset_ = false;   // what the peer had not acknowledged then is lost
  bool copies_ = false;  // this socket, or this kernel, cannot do without
  std::array<Piece, 8> pieces_;
};

}  // namespace sundog::detail
