// Inlet: receives on a socket ahead of its reader (multishot.hpp).
//
// The bytes wait in pieces of a pool that all connections share. So the kernel need not be asked,
// and need not begin to watch the socket, for every read. That is worth its cost, a copy, where
// very many connections wait at once (UringPoller::receives_ahead_from), but not for much data at a
// time. So it begins when a reader has found its socket empty, and ends when the reader falls
// behind or the pool runs out; the reader then asks the kernel itself again, as at first.
#pragma once

#include <memory>

#include "sundog/io/flow.hpp"
#include "sundog/io/unix/multishot.hpp"

namespace sundog::detail {

class ReceiveOperation;

class Inlet final : public Multishot {
 public:
  // A reader that has so many pieces before it has fallen behind.
  static constexpr unsigned pieces_max = 8;

  explicit Inlet(int socket) noexcept : Multishot(socket, ReceiveMany()) {}

  // Something is there already: bytes, the end, or an error.
  bool holds() const noexcept { return !pieces_.empty() || ended_; }

  // As recv(2), of what is held: a count, 0 at the end, or a negated errno.
  int take(MutableBytes buffer) noexcept;
  // Idle, and nothing held. `pool` is the current poller's.
  void receive_into(std::shared_ptr<ReceivePool> pool) noexcept;
  // `reader` is told when something comes, or that it must ask the kernel itself. One at a time.
  void wait(ReceiveOperation& reader) noexcept;
  void forget_reader() noexcept;

 private:
  void came(int result) noexcept override;
  void ended(int result) noexcept override;
  bool is_full() const noexcept override { return pieces_.count() >= pieces_max; }
  bool is_waited_for() const noexcept override { return reader_ != nullptr; }
  void drop() noexcept override;

  std::shared_ptr<ReceivePool> pool_;
  PieceList pieces_;
  bool ended_ = false;  // after the pieces comes end_result_, once
  int end_result_ = 0;
  ReceiveOperation* reader_ = nullptr;
};

}  // namespace sundog::detail
