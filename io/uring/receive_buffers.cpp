#include "io/uring/receive_buffers.hpp"

#include <new>
#include <system_error>

namespace sundog {
namespace {

constexpr std::align_val_t page{4096};

io_uring_buf_ring* allocate_entries() {
  void* memory = ::operator new(ReceiveBuffers::pieces * sizeof(io_uring_buf), page);
  auto* ring = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_ring_init(ring);
  return ring;
}

}  // namespace

void ReceiveBuffers::Free::operator()(io_uring_buf_ring* memory) const noexcept {
  ::operator delete(memory, page);
}

// The pieces are left as they come: pages that the kernel never fills are never touched.
ReceiveBuffers::ReceiveBuffers(io_uring& ring)
    : pieces_(std::make_unique_for_overwrite<Piece[]>(pieces)), entries_(allocate_entries()) {
  io_uring_buf_reg registration = {};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(entries_.get());
  registration.ring_entries = pieces;
  registration.bgid = group;
  const int result = io_uring_register_buf_ring(&ring, &registration, 0);
  if (result < 0) {
    throw std::system_error(-result, std::system_category(), "io_uring has no buffer rings");
  }
  ring_ = entries_.get();
  for (unsigned id = 0; id < pieces; ++id) give_back(pieces_[id]);
}

void ReceiveBuffers::give_back(Piece& piece) noexcept {
  if (ring_ == nullptr) return;
  const auto id = static_cast<std::uint16_t>(&piece - pieces_.get());
  io_uring_buf_ring_add(ring_, piece.bytes, sizeof piece.bytes, id, io_uring_buf_ring_mask(pieces),
                        0);
  io_uring_buf_ring_advance(ring_, 1);
}

}  // namespace sundog
