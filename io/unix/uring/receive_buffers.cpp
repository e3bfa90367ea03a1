#include "sundog/io/unix/uring/receive_buffers.hpp"

namespace sundog {

// The pieces are left as they come: pages that the kernel never fills are never touched.
ReceiveBuffers::ReceiveBuffers(io_uring& ring)
    : pieces_(std::make_unique_for_overwrite<Piece[]>(pieces)), ring_(ring, group, pieces) {
  for (unsigned id = 0; id < pieces; ++id) give_back(pieces_[id]);
}

void ReceiveBuffers::give_back(Piece& piece) noexcept {
  const auto id = static_cast<std::uint16_t>(&piece - pieces_.get());
  ring_.give(piece.bytes, sizeof piece.bytes, id);
}

}  // namespace sundog
