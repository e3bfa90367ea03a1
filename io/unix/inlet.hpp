// Inlet: receives on a socket ahead of its reader.
//
// One request to io_uring brings in whatever the peer sends, until it is taken back; the bytes wait
// in buffers that all connections share. So the kernel need not be asked, and need not begin to
// watch the socket, for every read. That pays where very many connections wait at once
// (UringPoller::receives_ahead_from), and costs a copy; for much data at a time it does not pay.
// Hence it begins when a reader has found its socket empty, and ends when the reader falls behind
// or the shared buffers run out; the reader then asks the kernel itself again, as at first.
//
// Nothing is lost on the way: what has come is read before the kernel is asked again, and a read
// that is cancelled leaves it for the next.
#pragma once

#include <cstddef>
#include <memory>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/request.hpp"
#include "sundog/io/unix/uring/receive_buffers.hpp"

namespace sundog::detail {

class ReceiveOperation;

//                start()             pieces_max held: cancel()
//   idle ----------------> receiving -----------------------> stopping
//    ^                         | last answer                      |
//    +-------------------------+----------------------------------+ last answer
class Inlet final : private Request {
 public:
  // A reader that has so many pieces before it has fallen behind.
  static constexpr unsigned pieces_max = 8;

  explicit Inlet(int socket) noexcept : Request(Code::receive_many, socket) {}

  // The request is under way: what comes will come here, and whoever reads must wait here.
  bool receiving() const noexcept { return state_ != State::idle; }
  // Something can be had at once: bytes, the end, or an error.
  bool holds() const noexcept { return first_ != nullptr || ended_; }

  // As recv(2), of what is held: a count, 0 at the end, or a negated errno.
  int take(MutableBytes buffer) noexcept;
  // Idle, and nothing held. `buffers` are the current poller's.
  void start(std::shared_ptr<ReceiveBuffers> buffers) noexcept;
  // `reader` is told when something comes, or that it must ask the kernel itself. One at a time.
  void wait(ReceiveOperation& reader) noexcept;
  void forget_reader() noexcept;

  // Instead of delete: the socket is about to be closed. Ends now, or with the kernel's last
  // answer.
  struct Abandon {
    void operator()(Inlet* inlet) const noexcept { inlet->abandon(); }
  };

 private:
  enum class State : unsigned char { idle, receiving, stopping };

  ~Inlet() = default;
  void abandon() noexcept;
  void completed(int result, bool more, bool left) noexcept override;
  void keep(ReceiveBuffers::Piece& piece, int size) noexcept;
  void drop_pieces() noexcept;

  std::shared_ptr<ReceiveBuffers> buffers_;
  ReceiveBuffers::Piece* first_ = nullptr;
  ReceiveBuffers::Piece* last_ = nullptr;
  unsigned piece_count_ = 0;
  State state_ = State::idle;
  bool ended_ = false;  // after the pieces comes end_result_, once
  bool abandoned_ = false;
  int end_result_ = 0;
  ReceiveOperation* reader_ = nullptr;
};

}  // namespace sundog::detail
